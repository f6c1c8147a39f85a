// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A pull scanner: checks one JSON value octet by octet and says where its tokens are, without copying any of them.
///
/// ```swift
/// var scanner = JSONScanner(limits: .document)
/// while case let token = try scanner.next(in: body), token.kind != .end { … }
/// ```
///
/// It accepts precisely what ``JSONValue/parse(_:limits:)-([UInt8],_)`` accepts, duplicate members at every depth
/// included, so a decision taken on its tokens holds for every strict reader of the same octets. The document is only
/// known to be good once `.end` has been returned. After an error the scanner is of no further use.
public struct JSONScanner: Sendable {
    /// A piece of the document.
    public struct Token: Sendable, Hashable {
        public enum Kind: Sendable, Hashable {
            case beginObject, endObject, beginArray, endArray
            case name, string, number, `true`, `false`, null
            /// The value is complete and nothing follows it.
            case end
        }

        public let kind: Kind
        /// The token's octets; of a string or name what stands between the quotation marks.
        public let range: Range<Int>
        /// Whether a string or name contains a backslash, so that its octets are not its text.
        public let hasEscapes: Bool

        init(_ kind: Kind, _ range: Range<Int>, hasEscapes: Bool = false) {
            self.kind = kind
            self.range = range
            self.hasEscapes = hasEscapes
        }
    }

    public let limits: JSONLimits
    /// The first octet not yet looked at.
    public private(set) var position = 0
    /// Containers open now.
    public var depth: Int { frames.count }

    private struct Frame {
        /// The names, if this is an object.
        let names: MemberNames.Frame?
        /// Members or elements so far.
        var count = 0

        var isObject: Bool { names != nil }
    }

    private enum Expectation { case value, firstElement, firstMember, separator, end }

    private var frames: [Frame] = []
    private var names = MemberNames()
    private var expectation = Expectation.value

    public init(limits: JSONLimits = .document) {
        self.limits = limits
    }

    /// The next token; `.end` when the document is complete, however often it is asked for.
    ///
    /// `bytes` must be the same whole document in every call.
    public mutating func next(in bytes: Span<UInt8>) throws(JSONError) -> Token {
        if position == 0 { try checkStart(bytes) }
        skipWhitespace(bytes)
        switch expectation {
        case .value: return try value(bytes)
        case .firstElement:
            if peek(bytes) == UInt8(ascii: "]") { return close(.endArray) }
            try count(bytes)
            return try value(bytes)
        case .firstMember:
            if peek(bytes) == UInt8(ascii: "}") { return close(.endObject) }
            try count(bytes)
            return try name(bytes)
        case .separator: return try separator(bytes)
        case .end:
            guard position == bytes.count else {
                throw JSONError(.trailingData, at: position, in: bytes, "something follows the value")
            }
            return Token(.end, position..<position)
        }
    }

    /// Passes over one value, or over a name and its value, checking it on the way; says where the value's octets are.
    @discardableResult
    public mutating func skipValue(in bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        var token = try next(in: bytes)
        if token.kind == .name { token = try next(in: bytes) }
        let outer = depth
        switch token.kind {
        case .beginObject, .beginArray:
            let start = token.range.lowerBound
            while depth >= outer { token = try next(in: bytes) }
            return start..<token.range.upperBound
        case .string: return (token.range.lowerBound - 1)..<(token.range.upperBound + 1)
        case .endObject, .endArray, .name, .number, .true, .false, .null, .end: return token.range
        }
    }

    /// The text of a string or name with its escapes resolved; of any other token its octets as text.
    public func decodeString(_ token: Token, in bytes: Span<UInt8>) -> String {
        guard token.hasEscapes else { return String(utf8: bytes.extracting(token.range)) }
        return String(decoding: JSONString.unescaped(token.range, in: bytes), as: UTF8.self)
    }

    /// Whether the token's text is `text`, code point by code point; allocates nothing unless there are escapes.
    public func matches(_ token: Token, _ text: String, in bytes: Span<UInt8>) -> Bool {
        guard !token.hasEscapes else {
            return JSONString.unescaped(token.range, in: bytes).elementsEqual(text.utf8)
        }
        guard token.range.count == text.utf8.count else { return false }
        var index = token.range.lowerBound
        for byte in text.utf8 {
            guard bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }
}

extension JSONScanner {
    private mutating func checkStart(_ bytes: Span<UInt8>) throws(JSONError) {
        guard bytes.count <= limits.bytes else {
            throw JSONError(.limit, at: 0, in: bytes, "the document is longer than \(limits.bytes) octets")
        }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONError(.syntax, at: 0, in: bytes, "a byte order mark is not allowed (RFC 8259 §8.1)")
        }
    }

    private mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func peek(_ bytes: Span<UInt8>) -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> Token {
        guard let byte = peek(bytes) else {
            throw JSONError(.truncated, at: position, in: bytes, "the document ends where a value is expected")
        }
        switch byte {
        case UInt8(ascii: "{"): return try open(.beginObject, bytes)
        case UInt8(ascii: "["): return try open(.beginArray, bytes)
        case UInt8(ascii: "\""):
            let (range, hasEscapes) = try JSONString.scan(bytes, from: position)
            return finish(.string, range, nextPosition: range.upperBound + 1, hasEscapes: hasEscapes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let end = try JSONNumber.scan(bytes, from: position)
            return finish(.number, position..<end, nextPosition: end)
        case UInt8(ascii: "t"): return try literal([0x74, 0x72, 0x75, 0x65], .true, bytes)
        case UInt8(ascii: "f"): return try literal([0x66, 0x61, 0x6C, 0x73, 0x65], .false, bytes)
        case UInt8(ascii: "n"): return try literal([0x6E, 0x75, 0x6C, 0x6C], .null, bytes)
        default: throw JSONError(.syntax, at: position, in: bytes, "a value is expected")
        }
    }

    private mutating func finish(
        _ kind: Token.Kind,
        _ range: Range<Int>,
        nextPosition: Int,
        hasEscapes: Bool = false
    ) -> Token {
        position = nextPosition
        expectation = frames.isEmpty ? .end : .separator
        return Token(kind, range, hasEscapes: hasEscapes)
    }

    private mutating func literal<let length: Int>(
        _ text: InlineArray<length, UInt8>,
        _ kind: Token.Kind,
        _ bytes: Span<UInt8>
    ) throws(JSONError) -> Token {
        for index in 0..<length where position + index >= bytes.count || bytes[position + index] != text[index] {
            throw JSONError(.syntax, at: position, in: bytes, "a value is expected")
        }
        return finish(kind, position..<(position + length), nextPosition: position + length)
    }

    private mutating func open(_ kind: Token.Kind, _ bytes: Span<UInt8>) throws(JSONError) -> Token {
        guard frames.count < limits.depth else {
            throw JSONError(.limit, at: position, in: bytes, "nested deeper than \(limits.depth)")
        }
        let isObject = kind == .beginObject
        if frames.isEmpty { frames.reserveCapacity(8) }
        frames.append(Frame(names: isObject ? names.beginObject() : nil))
        expectation = isObject ? .firstMember : .firstElement
        position += 1
        return Token(kind, (position - 1)..<position)
    }

    private mutating func close(_ kind: Token.Kind) -> Token {
        if let closed = frames.removeLast().names { names.endObject(closed) }
        return finish(kind, position..<(position + 1), nextPosition: position + 1)
    }

    /// Counts one more member or element of the innermost container.
    private mutating func count(_ bytes: Span<UInt8>) throws(JSONError) {
        let last = frames.count - 1
        frames[last].count += 1
        let most = frames[last].isObject ? limits.members : limits.elements
        guard frames[last].count <= most else {
            let what = frames[last].isObject ? "members" : "elements"
            throw JSONError(.limit, at: position, in: bytes, "more than \(most) \(what)")
        }
    }

    private mutating func name(_ bytes: Span<UInt8>) throws(JSONError) -> Token {
        guard let byte = peek(bytes) else {
            throw JSONError(.truncated, at: position, in: bytes, "the document ends inside an object")
        }
        guard byte == UInt8(ascii: "\"") else {
            throw JSONError(.syntax, at: position, in: bytes, "a member name in quotation marks is expected")
        }
        let (range, hasEscapes) = try JSONString.scan(bytes, from: position)
        guard let frame = frames[frames.count - 1].names,
            names.insert(range, hasEscapes: hasEscapes, of: frame, in: bytes)
        else {
            throw JSONError(.duplicateMember, at: position, in: bytes, "the object has two members of this name")
        }
        position = range.upperBound + 1
        skipWhitespace(bytes)
        guard peek(bytes) == UInt8(ascii: ":") else {
            let code: JSONError.Code = position < bytes.count ? .syntax : .truncated
            throw JSONError(code, at: position, in: bytes, "a colon is expected")
        }
        position += 1
        expectation = .value
        return Token(.name, range, hasEscapes: hasEscapes)
    }

    private mutating func separator(_ bytes: Span<UInt8>) throws(JSONError) -> Token {
        let isObject = frames[frames.count - 1].isObject
        guard let byte = peek(bytes) else {
            let place = isObject ? "an object" : "an array"
            throw JSONError(.truncated, at: position, in: bytes, "the document ends inside \(place)")
        }
        switch byte {
        case UInt8(ascii: ","):
            position += 1
            skipWhitespace(bytes)
            try count(bytes)
            return isObject ? try name(bytes) : try value(bytes)
        case UInt8(ascii: "}") where isObject: return close(.endObject)
        case UInt8(ascii: "]") where !isObject: return close(.endArray)
        default:
            throw JSONError(.syntax, at: position, in: bytes, "a comma or a closing bracket is expected")
        }
    }
}
