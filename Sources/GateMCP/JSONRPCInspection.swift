// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON

/// Reads what policy needs from the very octets that are forwarded (JSON-RPC 2.0, MCP base protocol).
///
/// No tree is built. A duplicate member at any depth is refused, and so is a member of the envelope or of `params` whose name differs
/// from a known one only in case: one parser takes the first, another the last, a third the wrong one.
public enum JSONRPCInspection {
    /// - Parameter allowsBatch: whether an array of messages is a message.
    /// - Returns: one summary for each message, in order.
    public static func inspect(
        body: Span<UInt8>, allowsBatch: Bool, limits: JSONLimits = JSONLimits(bytes: 4 << 20, depth: 64)
    ) throws(JSONRPCRefusal) -> [MCPRequestSummary] {
        var reader = Reader(scanner: JSONScanner(limits: limits))
        let first = try reader.next(body)
        var summaries: [MCPRequestSummary] = []
        switch first.kind {
        case .beginObject: summaries.append(try reader.message(body))
        case .beginArray:
            guard allowsBatch else { throw .batchNotAllowed }
            var token = try reader.next(body)
            while token.kind != .endArray {
                guard token.kind == .beginObject else { throw .notJSONRPC }
                summaries.append(try reader.message(body))
                token = try reader.next(body)
            }
            guard !summaries.isEmpty else { throw .emptyBatch }
        default: throw .notJSONRPC
        }
        guard try reader.next(body).kind == .end else { throw .malformed }
        return summaries
    }

    private struct Reader {
        var scanner: JSONScanner

        mutating func next(_ body: Span<UInt8>) throws(JSONRPCRefusal) -> JSONScanner.Token {
            do { return try scanner.next(in: body) } catch { throw .malformed }
        }

        mutating func skip(_ body: Span<UInt8>) throws(JSONRPCRefusal) -> Range<Int> {
            do { return try scanner.skipValue(in: body) } catch { throw .malformed }
        }

        /// Reads one message whose `{` was taken.
        mutating func message(_ body: Span<UInt8>) throws(JSONRPCRefusal) -> MCPRequestSummary {
            var summary = MCPRequestSummary()
            var isVersion2 = false
            var hasResult = false
            while true {
                let token = try next(body)
                guard token.kind == .name else { break }
                switch try known(token, ["jsonrpc", "method", "params", "id", "result", "error"], body) {
                case "jsonrpc":
                    let value = try next(body)
                    guard value.kind == .string, scanner.decodeString(value, in: body) == "2.0" else {
                        throw .notJSONRPC
                    }
                    isVersion2 = true
                case "method":
                    let value = try next(body)
                    guard value.kind == .string else { throw .notJSONRPC }
                    summary.method = scanner.decodeString(value, in: body)
                case "id":
                    let value = try next(body)
                    switch value.kind {
                    case .string:
                        // With its quotes, as it stands.
                        summary.id = copy(body, (value.range.lowerBound - 1)..<(value.range.upperBound + 1))
                    case .number: summary.id = copy(body, value.range)
                    case .null: summary.id = Array("null".utf8)
                    default: throw .notJSONRPC
                    }
                case "params": try parameters(body, &summary)
                case "result", "error":
                    hasResult = true
                    _ = try skip(body)
                default: _ = try skip(body)
                }
            }
            guard isVersion2, (summary.method != nil) != hasResult else { throw .notJSONRPC }
            return summary
        }

        private mutating func parameters(_ body: Span<UInt8>, _ summary: inout MCPRequestSummary) throws(JSONRPCRefusal)
        {
            let first = try next(body)
            switch first.kind {
            case .null: return
            case .beginArray:
                // Positional parameters: nothing in MCP uses them, and nothing is read from them.
                try skipRest(body)
                return
            case .beginObject: break
            default: throw .notJSONRPC
            }
            while true {
                let token = try next(body)
                guard token.kind == .name else { return }
                switch try known(token, ["name", "uri", "_meta", "arguments"], body) {
                case "name", "uri":
                    let value = try next(body)
                    guard value.kind == .string else {
                        if value.kind == .beginObject || value.kind == .beginArray { try skipRest(body) }
                        continue
                    }
                    summary.target = scanner.decodeString(value, in: body)
                case "_meta": try meta(body, &summary)
                default: _ = try skip(body)
                }
            }
        }

        private mutating func meta(_ body: Span<UInt8>, _ summary: inout MCPRequestSummary) throws(JSONRPCRefusal) {
            let first = try next(body)
            guard first.kind == .beginObject else {
                if first.kind == .beginArray { try skipRest(body) }
                return
            }
            while true {
                let token = try next(body)
                guard token.kind == .name else { return }
                guard scanner.decodeString(token, in: body) == "io.modelcontextprotocol/protocolVersion" else {
                    _ = try skip(body)
                    continue
                }
                let value = try next(body)
                guard value.kind == .string else { throw .notJSONRPC }
                summary.protocolVersion = scanner.decodeString(value, in: body)
            }
        }

        /// Skips to the end of the container whose opening was taken.
        private mutating func skipRest(_ body: Span<UInt8>) throws(JSONRPCRefusal) {
            let depth = scanner.depth
            while scanner.depth >= depth { _ = try next(body) }
        }

        /// The known name that the token is, nil for another; a case variant of a known one is refused.
        private func known(_ token: JSONScanner.Token, _ names: [String], _ body: Span<UInt8>) throws(JSONRPCRefusal)
            -> String?
        {
            for name in names where scanner.matches(token, name, in: body) { return name }
            guard token.range.count <= 16 || token.hasEscapes else { return nil }
            let lowered = scanner.decodeString(token, in: body).lowercased()
            if names.contains(lowered) { throw .caseVariant }
            return nil
        }

        private func copy(_ body: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
            var octets: [UInt8] = []
            for i in range { octets.append(body[i]) }
            return octets
        }
    }
}
