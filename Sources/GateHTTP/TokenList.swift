// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Walks a comma-separated list of tokens (RFC 9110 §5.6.1); anything but tokens is refused.
struct TokenList {
    private var position: Int
    private let end: Int

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func next(_ bytes: Span<UInt8>) throws(HTTPRefusal) -> Range<Int>? {
        while position < end,
            bytes[position] == Octet.comma || bytes[position] == Octet.space || bytes[position] == Octet.tab
        {
            position += 1
        }
        guard position < end else { return nil }
        let start = position
        while position < end, Octet.isToken(bytes[position]) { position += 1 }
        let token = start..<position
        guard !token.isEmpty else { throw .fieldMalformed }
        while position < end, bytes[position] == Octet.space || bytes[position] == Octet.tab { position += 1 }
        guard position == end || bytes[position] == Octet.comma else { throw .fieldMalformed }
        return token
    }
}
