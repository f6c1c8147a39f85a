// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON

/// A problem document (RFC 9457): what went wrong, for people and programs, without anything secret.
public struct ProblemDetails: Sendable, Hashable {
    /// The last part of `type`, for example `invalid-token`.
    public var kind: String
    public var title: String
    public var status: Int
    public var detail: String?
    /// `urn:trace:<id>`, by which the operator finds the request in log and audit.
    public var traceID: String?
    /// One of the seven phase names.
    public var phase: String?
    public var extensions: JSONObject

    public static let mediaType = "application/problem+json"
    public static let typePrefix = "https://gatehouse.dev/problems/"

    public init(
        kind: String, title: String, status: Int, detail: String? = nil, traceID: String? = nil, phase: String? = nil,
        extensions: JSONObject = [:]
    ) {
        self.kind = kind
        self.title = title
        self.status = status
        self.detail = detail
        self.traceID = traceID
        self.phase = phase
        self.extensions = extensions
    }

    private static let names: Set = ["type", "title", "status", "detail", "instance", "phase"]

    public var json: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 384)
        writer.beginObject()
        writer.name("type")
        writer.string(Self.typePrefix + kind)
        writer.name("title")
        writer.string(title)
        writer.name("status")
        writer.int(status)
        for (name, text) in [("detail", detail), ("instance", traceID.map { "urn:trace:" + $0 }), ("phase", phase)] {
            guard let text else { continue }
            writer.name(name)
            writer.string(text)
        }
        // An extension adds members and replaces none (RFC 9457 §3.2).
        for member in extensions.members where !Self.names.contains(member.name) {
            writer.name(member.name)
            writer.value(member.value)
        }
        writer.endObject()
        return writer.bytes
    }
}
