// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The pairs of a `Cookie` field (RFC 6265 §4.2.1), as they stand: nothing is decoded, names are compared exactly.
struct CookieField {
    /// More than any browser sends for one site; what stands behind them is not looked at.
    private static let mostPairs = 200

    /// Calls `body` with the places of each pair's name and value, in order; what is no pair is passed over.
    static func forEachPair(
        _ octets: Span<UInt8>, _ body: (_ name: Range<Int>, _ value: Range<Int>) -> Void
    ) {
        var start = 0
        var count = 0
        while start < octets.count, count < mostPairs {
            var end = start
            while end < octets.count, octets[end] != UInt8(ascii: ";") { end += 1 }
            let pair = trimmed(octets, start..<end)
            if let equals = pair.first(where: { octets[$0] == UInt8(ascii: "=") }), equals > pair.lowerBound {
                body(pair.lowerBound..<equals, (equals + 1)..<pair.upperBound)
                count += 1
            }
            start = end + 1
        }
    }

    /// The value of the only cookie of this name; nil when there is none, or several, of which none can be trusted.
    static func value(of name: [UInt8], in octets: Span<UInt8>) -> [UInt8]? {
        var found: [Range<Int>] = []
        forEachPair(octets) { place, value in
            if isEqual(octets, place, name) { found.append(value) }
        }
        guard found.count == 1 else { return nil }
        return found[0].map { octets[$0] }
    }

    static func isEqual(_ octets: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for (offset, octet) in name.enumerated() where octets[range.lowerBound + offset] != octet { return false }
        return true
    }

    private static func trimmed(_ octets: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, octets[start] == 0x20 || octets[start] == 0x09 { start += 1 }
        while end > start, octets[end - 1] == 0x20 || octets[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }
}
