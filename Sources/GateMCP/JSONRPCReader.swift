// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// Walks over JSON-RPC messages token by token and notes the members that decide.
struct JSONRPCReader {
    private var scanner: JSONScanner

    init(limits: JSONLimits) { scanner = JSONScanner(limits: limits) }

    mutating func next(_ body: Span<UInt8>) throws(JSONRPCRefusal) -> JSONScanner.Token {
        do { return try scanner.next(in: body) } catch { throw JSONRPCRefusal(error) }
    }

    /// Reads one message whose `{` was taken.
    mutating func message(_ body: Span<UInt8>) throws(JSONRPCRefusal) -> MCPRequestSummary {
        var summary = MCPRequestSummary()
        var parameters = Parameters()
        var isVersion2 = false
        var isResponse = false
        while true {
            let token = try next(body)
            guard token.kind == .name else { break }
            switch try MemberName.find(token, among: MemberName.envelope, scanner, body) {
            case .jsonrpc:
                let value = try next(body)
                guard value.kind == .string, scanner.matches(value, "2.0", in: body) else { throw .notJSONRPC }
                isVersion2 = true
            case .method:
                let value = try next(body)
                guard value.kind == .string else { throw .notJSONRPC }
                summary.method = scanner.decodeString(value, in: body)
            case .id: summary.id = try identifier(body)
            case .params: try read(&parameters, body)
            case .result, .error:
                isResponse = true
                try skip(body)
            case .name, .uri, .meta, .arguments, .protocolVersion, nil: try skip(body)
            }
        }
        guard isVersion2, (summary.method != nil) != isResponse, !isResponse || summary.id != nil else {
            throw .notJSONRPC
        }
        // `params` may come before `method`: only now is it known which member counts.
        switch summary.method.flatMap(MCPMethod.targetMember) {
        case .name where parameters.name == .other, .uri where parameters.uri == .other: throw .targetMalformed
        default: break
        }
        summary.name = parameters.name.text
        summary.uri = parameters.uri.text
        summary.protocolVersion = parameters.protocolVersion
        return summary
    }

    /// What stands in `params`.
    private struct Parameters {
        enum Value: Hashable {
            case absent
            case text(String)
            /// A number, a list, null: some servers turn these into a text of their own making.
            case other

            var text: String? {
                guard case .text(let text) = self else { return nil }
                return text
            }
        }

        var name = Value.absent
        var uri = Value.absent
        var protocolVersion: String?
    }

    /// The id as it stands, a text with its quotes (JSON-RPC 2.0 §4).
    private mutating func identifier(_ body: Span<UInt8>) throws(JSONRPCRefusal) -> [UInt8] {
        let value = try next(body)
        let range: Range<Int>
        switch value.kind {
        case .string: range = (value.range.lowerBound - 1)..<(value.range.upperBound + 1)
        case .number, .null: range = value.range
        case .beginObject, .beginArray, .endObject, .endArray, .name, .true, .false, .end: throw .notJSONRPC
        }
        var octets: [UInt8] = []
        octets.reserveCapacity(range.count)
        for index in range { octets.append(body[index]) }
        return octets
    }

    /// Reads `params`: an object, or null where a client writes out what it leaves out. MCP has no positional parameters.
    private mutating func read(_ parameters: inout Parameters, _ body: Span<UInt8>) throws(JSONRPCRefusal) {
        let first = try next(body)
        if first.kind == .null { return }
        guard first.kind == .beginObject else { throw .notJSONRPC }
        while true {
            let token = try next(body)
            guard token.kind == .name else { return }
            switch try MemberName.find(token, among: MemberName.parameters, scanner, body) {
            case .name: parameters.name = try value(body)
            case .uri: parameters.uri = try value(body)
            case .meta: parameters.protocolVersion = try protocolVersion(body)
            case .arguments, .jsonrpc, .method, .params, .id, .result, .error, .protocolVersion, nil: try skip(body)
            }
        }
    }

    private mutating func value(_ body: Span<UInt8>) throws(JSONRPCRefusal) -> Parameters.Value {
        let token = try next(body)
        if token.kind == .string { return .text(scanner.decodeString(token, in: body)) }
        try skipRest(of: token, body)
        return .other
    }

    /// The revision that `_meta` names.
    private mutating func protocolVersion(_ body: Span<UInt8>) throws(JSONRPCRefusal) -> String? {
        let first = try next(body)
        guard first.kind == .beginObject else {
            try skipRest(of: first, body)
            return nil
        }
        var version: String?
        while true {
            let token = try next(body)
            guard token.kind == .name else { return version }
            guard try MemberName.find(token, among: MemberName.metadata, scanner, body) != nil else {
                try skip(body)
                continue
            }
            let value = try next(body)
            guard value.kind == .string else { throw .notJSONRPC }
            version = scanner.decodeString(value, in: body)
        }
    }

    private mutating func skip(_ body: Span<UInt8>) throws(JSONRPCRefusal) {
        do { try scanner.skipValue(in: body) } catch { throw JSONRPCRefusal(error) }
    }

    /// Skips what is left of a value whose first token was taken.
    private mutating func skipRest(of token: JSONScanner.Token, _ body: Span<UInt8>) throws(JSONRPCRefusal) {
        guard token.kind == .beginObject || token.kind == .beginArray else { return }
        let depth = scanner.depth
        while scanner.depth >= depth { _ = try next(body) }
    }
}

extension JSONRPCRefusal {
    fileprivate init(_ error: JSONError) {
        switch error.code {
        case .duplicateMember: self = .duplicateMember
        case .limit: self = .limit
        default: self = .malformed
        }
    }
}
