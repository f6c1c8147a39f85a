// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A revision of the Model Context Protocol, as `MCP-Protocol-Version` names it.
///
/// Revisions we do not know are passed on: the server answers for what it supports (requirement TRL-05).
public struct ProtocolRevision: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// `YYYY-MM-DD`.
    public let description: String

    /// Nil when the text is not a date of that form.
    public init?(_ text: String) {
        let octets = Array(text.utf8)
        guard octets.count == 10,
            octets.enumerated().allSatisfy({ [4, 7].contains($0) ? $1 == 0x2D : (0x30...0x39).contains($1) })
        else { return nil }
        description = text
    }

    private init(known text: String) { description = text }

    public static let november2024 = ProtocolRevision(known: "2024-11-05")
    public static let march2025 = ProtocolRevision(known: "2025-03-26")
    public static let june2025 = ProtocolRevision(known: "2025-06-18")
    public static let november2025 = ProtocolRevision(known: "2025-11-25")
    public static let july2026 = ProtocolRevision(known: "2026-07-28")

    public static func < (a: ProtocolRevision, b: ProtocolRevision) -> Bool { a.description < b.description }

    /// JSON-RPC batches exist up to 2025-03-26 (requirement TRL-06).
    public var allowsBatch: Bool { self <= .march2025 }
    /// From 2026-07-28 on, `Mcp-Method` and `Mcp-Name` mirror the body and must agree with it (requirement TRM-04).
    public var mirrorsBodyInFields: Bool { self >= .july2026 }
}
