// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What the gate reads of one JSON-RPC message.
public struct MCPRequestSummary: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case request, notification, response }

    /// Nil for a response.
    public var method: String?
    /// `params.name`, when it is a text.
    public var name: String?
    /// `params.uri`, when it is a text.
    public var uri: String?
    /// `params._meta["io.modelcontextprotocol/protocolVersion"]` (revision 2026-07-28).
    public var protocolVersion: String?
    /// The id's octets as they stand in the body, for an answer of our own; nil for a notification.
    public var id: [UInt8]?

    public init(
        method: String? = nil, name: String? = nil, uri: String? = nil, protocolVersion: String? = nil,
        id: [UInt8]? = nil
    ) {
        self.method = method
        self.name = name
        self.uri = uri
        self.protocolVersion = protocolVersion
        self.id = id
    }

    public var kind: Kind { method == nil ? .response : id == nil ? .notification : .request }

    /// What the message is about: `name` of `tools/call` and `prompts/get`, `uri` of `resources/*`.
    ///
    /// The method alone says which of the two counts: a tool's call that also has a `uri` is a call of the tool.
    public var target: String? {
        switch method.flatMap(MCPMethod.targetMember) {
        case .name: name
        case .uri: uri
        case nil: nil
        }
    }
}
