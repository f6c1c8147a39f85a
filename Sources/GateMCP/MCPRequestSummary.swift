// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What the gate reads of one JSON-RPC message.
public struct MCPRequestSummary: Sendable, Hashable {
    /// Nil for a response.
    public var method: String?
    /// `params.name` of `tools/call` and `prompts/get`, `params.uri` of `resources/*`.
    public var target: String?
    /// `params._meta["io.modelcontextprotocol/protocolVersion"]` (revision 2026-07-28).
    public var protocolVersion: String?
    /// The id as it stands in the body, for an answer of our own; nil for a notification.
    public var id: [UInt8]?

    public init(method: String? = nil, target: String? = nil, protocolVersion: String? = nil, id: [UInt8]? = nil) {
        self.method = method
        self.target = target
        self.protocolVersion = protocolVersion
        self.id = id
    }
}

/// Why a body is not a JSON-RPC message that every parser reads alike.
public enum JSONRPCRefusal: Error, Sendable, Hashable {
    /// Not JSON, a duplicate member, too deep or too large.
    case malformed
    /// JSON, but no JSON-RPC 2.0 message.
    case notJSONRPC
    /// A member whose name differs from a known one only in case, which a lax parser takes for it.
    case caseVariant
    case batchNotAllowed
    case emptyBatch
    /// `Mcp-Method`, `Mcp-Name` or `MCP-Protocol-Version` disagree with the body.
    case fieldMismatch

    /// −32700, −32600, or −32020 for the field mismatch of revision 2026-07-28.
    public var code: Int {
        switch self {
        case .malformed: -32_700
        case .fieldMismatch: -32_020
        default: -32_600
        }
    }

    public var message: String {
        switch self {
        case .malformed: "The body is not one JSON document without duplicate members"
        case .notJSONRPC: "The body is not a JSON-RPC 2.0 message"
        case .caseVariant: "A member's name differs from a known one only in case"
        case .batchNotAllowed: "Batches are not part of this protocol revision"
        case .emptyBatch: "A batch must not be empty"
        case .fieldMismatch: "The Mcp-* or MCP-Protocol-Version header fields disagree with the body"
        }
    }

    public var reason: String {
        switch self {
        case .malformed: "json"
        case .notJSONRPC: "jsonrpc"
        case .caseVariant: "case"
        case .batchNotAllowed, .emptyBatch: "batch"
        case .fieldMismatch: "fields"
        }
    }
}
