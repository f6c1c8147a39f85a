// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension JSONValue {
    /// Reads exactly one JSON value and nothing else (RFC 8259, strictly).
    ///
    /// Refused: anything but UTF-8, a byte order mark, lone surrogates, two members of one name at any depth, octets
    /// after the value, and whatever exceeds `limits`.
    public static func parse(_ bytes: Span<UInt8>, limits: JSONLimits = .document) throws(JSONError) -> JSONValue {
        var scanner = JSONScanner(limits: limits)
        let first = try scanner.next(in: bytes)
        let value = try build(from: first, &scanner, bytes)
        _ = try scanner.next(in: bytes)
        return value
    }

    /// Reads exactly one JSON value and nothing else; see ``parse(_:limits:)-(Span<UInt8>,_)``.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .document) throws(JSONError) -> JSONValue {
        try parse(bytes.span, limits: limits)
    }

    /// Recursion is bounded: the scanner counts the depth.
    private static func build(
        from token: JSONScanner.Token,
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>
    ) throws(JSONError) -> JSONValue {
        switch token.kind {
        case .null, .end, .endObject, .endArray: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .string, .name: return .string(scanner.decodeString(token, in: bytes))
        case .number: return .number(JSONNumber(validated: String(utf8: bytes.extracting(token.range))))
        case .beginArray:
            var elements: [JSONValue] = []
            while true {
                let next = try scanner.next(in: bytes)
                if next.kind == .endArray { return .array(elements) }
                elements.append(try build(from: next, &scanner, bytes))
            }
        case .beginObject:
            var members: [JSONObject.Member] = []
            while true {
                let name = try scanner.next(in: bytes)
                if name.kind == .endObject { return .object(JSONObject(unique: members)) }
                let value = try build(from: try scanner.next(in: bytes), &scanner, bytes)
                members.append(JSONObject.Member(name: scanner.decodeString(name, in: bytes), value: value))
            }
        }
    }
}
