// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// The header fields that mirror a message (MCP 2026-07-28, Streamable HTTP, "Server Validation"; requirements TRM-02, TRM-04).
public struct MCPHeaders: Sendable, Hashable {
    public var protocolVersion: String?
    public var method: String?
    public var name: String?

    public init(protocolVersion: String? = nil, method: String? = nil, name: String? = nil) {
        self.protocolVersion = protocolVersion
        self.method = method
        self.name = name
    }

    public var revision: ProtocolRevision? { protocolVersion.flatMap(ProtocolRevision.init) }

    /// Checks what is present, whatever the revision says: a field that contradicts the body misleads whoever decides by it.
    ///
    /// From 2026-07-28 on `Mcp-Method` must also be present. Missing fields of that revision are left to the server otherwise.
    public func agree(with messages: [MCPRequestSummary]) throws(JSONRPCRefusal) {
        guard method != nil || name != nil || revision?.mirrorsBodyInFields == true else { return }
        // Mirrored fields describe one message.
        guard messages.count == 1, let message = messages.first else { throw .fieldMismatch }
        if let method { guard message.method == method else { throw .fieldMismatch } }
        if let name { guard let decoded = Self.decode(name), decoded == message.target else { throw .fieldMismatch } }
        if let inBody = message.protocolVersion, let protocolVersion, inBody != protocolVersion { throw .fieldMismatch }
    }

    /// `=?base64?…?=` holds a name that cannot stand in a field as it is.
    static func decode(_ value: String) -> String? {
        let prefix = "=?base64?"
        let suffix = "?="
        guard value.hasPrefix(prefix), value.hasSuffix(suffix),
            value.utf8.count >= prefix.utf8.count + suffix.utf8.count
        else {
            return value
        }
        let encoded = value.dropFirst(prefix.count).dropLast(suffix.count)
        guard let octets = Base64.decode(String(encoded)) else { return nil }
        return String(validating: octets, as: UTF8.self)
    }
}
