// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension StringProtocol {
    /// Whether both texts are the same sequence of code points.
    ///
    /// `==` on strings treats canonically equivalent spellings as equal (`é` and `e` with an accent). Identifiers are
    /// compared code point by code point (RFC 8259 §8.3, RFC 3986 §6.2.1), so everything security depends on uses this.
    public func isExactly(_ other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}

extension String {
    /// The text whose UTF-8 is `bytes`; ill-formed sequences become U+FFFD.
    init(utf8 bytes: Span<UInt8>) {
        if #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *),
            let valid = try? UTF8Span(validating: bytes)
        {
            self.init(copying: valid)
            return
        }
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        self.init(decoding: copy, as: UTF8.self)
    }
}
