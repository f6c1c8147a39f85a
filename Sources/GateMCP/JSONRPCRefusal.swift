// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Why a body is not a JSON-RPC message that every parser reads alike.
public enum JSONRPCRefusal: Error, Sendable, Hashable {
    /// Not JSON.
    case malformed
    /// An object that has one member twice, at whatever depth: one parser takes the first, another the last.
    case duplicateMember
    /// Too large, too deep or too wide.
    case limit
    /// JSON, but no JSON-RPC 2.0 message.
    case notJSONRPC
    /// A member whose name differs from a known one only in case, which a lax parser takes for it.
    case caseVariant
    /// What the method is about is not named by a text.
    case targetMalformed
    case batchNotAllowed
    case emptyBatch
    case batchTooLong
    /// `Mcp-Method`, `Mcp-Name` or `MCP-Protocol-Version` disagree with the body, or are missing though the revision demands them.
    case fieldMismatch

    /// −32700, −32600, or −32020 for the field mismatch of revision 2026-07-28.
    public var code: Int {
        switch self {
        case .malformed: -32_700
        case .fieldMismatch: -32_020
        case .duplicateMember, .limit, .notJSONRPC, .caseVariant, .targetMalformed, .batchNotAllowed, .emptyBatch,
            .batchTooLong:
            -32_600
        }
    }

    /// For the client; says nothing of the content.
    public var message: String {
        switch self {
        case .malformed: "The body is not one JSON document"
        case .duplicateMember: "An object of the body has two members of one name"
        case .limit: "The body is too large, too deep or too wide"
        case .notJSONRPC: "The body is not a JSON-RPC 2.0 message"
        case .caseVariant: "A member's name differs from a known one only in case"
        case .targetMalformed: "The tool, prompt or resource is not named by a string"
        case .batchNotAllowed: "Batches are not part of this protocol revision"
        case .emptyBatch: "A batch must not be empty"
        case .batchTooLong: "The batch has too many messages"
        case .fieldMismatch: "The Mcp-* or MCP-Protocol-Version header fields disagree with the body"
        }
    }

    /// One word for the audit event.
    public var reason: String {
        switch self {
        case .malformed: "json"
        case .duplicateMember: "duplicate"
        case .limit: "limit"
        case .notJSONRPC: "jsonrpc"
        case .caseVariant: "case"
        case .targetMalformed: "target"
        case .batchNotAllowed, .emptyBatch, .batchTooLong: "batch"
        case .fieldMismatch: "fields"
        }
    }
}
