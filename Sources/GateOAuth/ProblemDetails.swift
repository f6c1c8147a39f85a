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

    public var json: [UInt8] {
        var object: JSONObject = [
            "type": .string(Self.typePrefix + kind), "title": .string(title),
            "status": .number(JSONNumber(Int64(status))),
        ]
        if let detail { object["detail"] = .string(detail) }
        if let traceID { object["instance"] = .string("urn:trace:" + traceID) }
        if let phase { object["phase"] = .string(phase) }
        // An extension adds members and replaces none (RFC 9457 §3.2).
        for member in extensions.members where object[member.name] == nil { object[member.name] = member.value }
        return JSONValue.object(object).serialized()
    }
}
