// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON

/// Reads what policy needs from the very octets that are forwarded (JSON-RPC 2.0, MCP base protocol).
///
/// No tree is built. A duplicate member at any depth is refused, and so is a member of the envelope, of `params` or of `_meta` whose
/// name differs from a deciding one only in case: one parser takes the first, another the last, a third the wrong one.
public enum JSONRPCInspection {
    /// A whole message: 4 MiB, 64 deep.
    public static let defaultLimits = JSONLimits(bytes: 4 << 20, depth: 64)
    /// Messages of one batch.
    public static let maximumBatchCount = 100

    /// - Parameter allowsBatch: whether an array of messages is a message.
    /// - Returns: one summary for each message, in order.
    public static func inspect(
        body: Span<UInt8>, allowsBatch: Bool, limits: JSONLimits = defaultLimits
    ) throws(JSONRPCRefusal) -> [MCPRequestSummary] {
        var reader = JSONRPCReader(limits: limits)
        let first = try reader.next(body)
        var summaries: [MCPRequestSummary] = []
        switch first.kind {
        case .beginObject: summaries.append(try reader.message(body))
        case .beginArray:
            guard allowsBatch else { throw .batchNotAllowed }
            var token = try reader.next(body)
            while token.kind != .endArray {
                guard token.kind == .beginObject else { throw .notJSONRPC }
                guard summaries.count < maximumBatchCount else { throw .batchTooLong }
                summaries.append(try reader.message(body))
                token = try reader.next(body)
            }
            guard !summaries.isEmpty else { throw .emptyBatch }
        case .endObject, .endArray, .name, .string, .number, .true, .false, .null, .end: throw .notJSONRPC
        }
        // Only now is the document known to be good to its end.
        guard try reader.next(body).kind == .end else { throw .malformed }
        return summaries
    }
}
