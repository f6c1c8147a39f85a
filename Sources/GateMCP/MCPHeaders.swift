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

    /// Whether a batch may follow: without the field revision 2025-03-26 is assumed (requirement TRL-05); what we cannot read has none.
    public var allowsBatch: Bool {
        protocolVersion == nil ? ProtocolRevision.assumed.allowsBatch : revision?.allowsBatch ?? false
    }

    /// Checks what is present, whatever the revision says: a field that contradicts the body misleads whoever decides by it.
    ///
    /// Revision 2026-07-28 also demands `Mcp-Method` of every message, `Mcp-Name` where the message is about something, and
    /// `MCP-Protocol-Version` where the body names its revision. A body of that revision that names none is left to the server,
    /// whose answer says what is missing.
    public func agree(with messages: [MCPRequestSummary]) throws(JSONRPCRefusal) {
        for message in messages {
            guard let inBody = message.protocolVersion else { continue }
            guard let protocolVersion, inBody.isExactly(protocolVersion) else { throw .fieldMismatch }
        }
        let isDemanded = revision == .july2026
        guard method != nil || name != nil || isDemanded else { return }
        // Mirrored fields describe one message.
        guard messages.count == 1, let message = messages.first else { throw .fieldMismatch }
        if let method {
            guard let inBody = message.method, inBody.isExactly(method) else { throw .fieldMismatch }
        } else if isDemanded {
            throw .fieldMismatch
        }
        guard let inBody = message.method, MCPMethod.mirrorsTarget(inBody) else { return }
        switch (name, message.target) {
        case (let name?, let target?):
            guard let decoded = Self.decode(name), decoded.isExactly(target) else { throw .fieldMismatch }
        case (_?, nil): throw .fieldMismatch
        case (nil, _?): if isDemanded { throw .fieldMismatch }
        case (nil, nil): break
        }
    }

    /// The name that a field's value stands for: itself, or what `=?base64?…?=` holds; nil when it can be neither.
    ///
    /// Base 64 has one spelling here, standard and padded, and a plain value is printable ASCII: anything else could be read in two ways.
    static func decode(_ value: String) -> String? {
        let prefix = "=?base64?"
        let suffix = "?="
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
        guard value.hasPrefix(prefix), value.hasSuffix(suffix),
            value.utf8.count >= prefix.utf8.count + suffix.utf8.count
        else { return value }
        let encoded = value.dropFirst(prefix.count).dropLast(suffix.count)
        guard let octets = Base64.decode(encoded) else { return nil }
        return String(validating: octets, as: UTF8.self)
    }
}
