// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Base 64 with the URL and file name safe alphabet and without padding (RFC 4648 §5, RFC 7515 §2).
public enum Base64URL {
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Base64Codec.encode(Array(bytes), last: (0x2D, 0x5F), padded: false), as: UTF8.self)
    }

    /// Decodes the one canonical spelling: no padding, no white space, spare bits zero. Anything else is nil.
    ///
    /// Accepting a second spelling would give one token many names, which caches and deny lists would miss.
    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        Base64Codec.decode(text, Base64Codec.urlSafe, padded: false)
    }

    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        decode(Array(text.utf8).span)
    }
}

/// Base 64 with the standard alphabet and with padding (RFC 4648 §4).
public enum Base64 {
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Base64Codec.encode(Array(bytes), last: (0x2B, 0x2F), padded: true), as: UTF8.self)
    }

    /// Decodes the one canonical spelling: padded, no white space, spare bits zero. Anything else is nil.
    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        Base64Codec.decode(text, Base64Codec.standard, padded: true)
    }

    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        decode(Array(text.utf8).span)
    }
}

private enum Base64Codec {
    /// `last` are the characters for 62 and 63.
    static func encode(_ bytes: [UInt8], last: (UInt8, UInt8), padded: Bool) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        func digit(_ value: UInt32) -> UInt8 {
            switch UInt8(truncatingIfNeeded: value & 0x3F) {
            case let value where value < 26: 0x41 + value
            case let value where value < 52: 0x61 + value - 26
            case let value where value < 62: 0x30 + value - 52
            case 62: last.0
            default: last.1
            }
        }
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            out.append(digit(group >> 18))
            out.append(digit(group >> 12))
            if left > 1 { out.append(digit(group >> 6)) } else if padded { out.append(UInt8(ascii: "=")) }
            if left > 2 { out.append(digit(group)) } else if padded { out.append(UInt8(ascii: "=")) }
            index += 3
        }
        return out
    }

    static func decode(_ text: Span<UInt8>, _ values: [UInt8], padded: Bool) -> [UInt8]? {
        var count = text.count
        if padded {
            guard count % 4 == 0 else { return nil }
            while count > 0, text.count - count < 2, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        }
        guard count % 4 != 1 else { return nil }
        let values = values.span
        let whole = count / 4 * 4
        var out: [UInt8] = []
        var isBad = false
        out.append(addingCapacity: count / 4 * 3 + 2) { output in
            var faults: UInt32 = 0
            var index = 0
            while index < whole {
                let (a, b) = (UInt32(values[Int(text[index])]), UInt32(values[Int(text[index + 1])]))
                let (c, d) = (UInt32(values[Int(text[index + 2])]), UInt32(values[Int(text[index + 3])]))
                faults |= a | b | c | d
                let group = a << 18 | b << 12 | c << 6 | d
                output.append(UInt8(truncatingIfNeeded: group >> 16))
                output.append(UInt8(truncatingIfNeeded: group >> 8))
                output.append(UInt8(truncatingIfNeeded: group))
                index += 4
            }
            // Bits that no octet is made of must be zero.
            var spare: UInt32 = 0
            if count - whole >= 2 {
                let (a, b) = (UInt32(values[Int(text[index])]), UInt32(values[Int(text[index + 1])]))
                faults |= a | b
                spare = b & 0xF
                output.append(UInt8(truncatingIfNeeded: a << 2 | b >> 4))
                if count - whole == 3 {
                    let c = UInt32(values[Int(text[index + 2])])
                    faults |= c
                    spare = c & 0x3
                    output.append(UInt8(truncatingIfNeeded: b << 4 | c >> 2))
                }
            }
            isBad = faults >= 64 || spare != 0
        }
        guard !isBad else { return nil }
        return out
    }

    /// The value of each character of an alphabet, 64 for what is none; a look-up, since nothing about the next character can be foretold.
    private static func values(last: (UInt8, UInt8)) -> [UInt8] {
        var values = [UInt8](repeating: 64, count: 256)
        for value in UInt8(0)..<26 { values[Int(0x41 + value)] = value }
        for value in UInt8(0)..<26 { values[Int(0x61 + value)] = 26 + value }
        for value in UInt8(0)..<10 { values[Int(0x30 + value)] = 52 + value }
        values[Int(last.0)] = 62
        values[Int(last.1)] = 63
        return values
    }

    static let standard = values(last: (0x2B, 0x2F))
    static let urlSafe = values(last: (0x2D, 0x5F))
}
