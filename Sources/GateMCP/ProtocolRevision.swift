// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A revision of the Model Context Protocol, as `MCP-Protocol-Version` names it.
///
/// Revisions we do not know are passed on: the server answers for what it supports (requirement TRL-05). What the gate itself derives
/// from one it does not know is the strict side: no batches, and fields that are present must agree with the body.
public struct ProtocolRevision: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// `YYYY-MM-DD`.
    public let description: String

    /// Nil when the text is not of the form of a date.
    public init?(_ text: String) {
        var position = 0
        for octet in text.utf8 {
            let isRight = position == 4 || position == 7 ? octet == 0x2D : (0x30...0x39).contains(octet)
            guard isRight, position < 10 else { return nil }
            position += 1
        }
        guard position == 10 else { return nil }
        description = text
    }

    private init(known text: String) { description = text }

    public static let november2024 = ProtocolRevision(known: "2024-11-05")
    public static let march2025 = ProtocolRevision(known: "2025-03-26")
    public static let june2025 = ProtocolRevision(known: "2025-06-18")
    public static let november2025 = ProtocolRevision(known: "2025-11-25")
    public static let july2026 = ProtocolRevision(known: "2026-07-28")

    /// Every published revision, oldest first.
    public static let known = [november2024, march2025, june2025, november2025, july2026]
    /// What a request without the field speaks (MCP 2025-06-18, Transports, "Protocol Version Header").
    public static let assumed = march2025

    public static func < (a: ProtocolRevision, b: ProtocolRevision) -> Bool { a.description < b.description }

    public var isKnown: Bool { Self.known.contains(self) }
    /// JSON-RPC batches exist up to 2025-03-26 (requirement TRL-06).
    public var allowsBatch: Bool { isKnown && self <= .march2025 }
    /// From 2026-07-28 on, `Mcp-Method` and `Mcp-Name` mirror the body and must agree with it (requirement TRM-04).
    public var mirrorsBodyInFields: Bool { self >= .july2026 }
}
