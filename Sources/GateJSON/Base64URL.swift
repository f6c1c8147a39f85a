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
        Base64Codec.decode(text, last: (0x2D, 0x5F), padded: false)
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
        Base64Codec.decode(text, last: (0x2B, 0x2F), padded: true)
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

    static func decode(_ text: Span<UInt8>, last: (UInt8, UInt8), padded: Bool) -> [UInt8]? {
        var count = text.count
        if padded {
            guard count % 4 == 0 else { return nil }
            while count > 0, text.count - count < 2, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        }
        guard count % 4 != 1 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(count / 4 * 3 + 2)
        var buffer: UInt32 = 0
        var bits = 0
        for index in 0..<count {
            let value: UInt8
            switch text[index] {
            case let byte where byte &- 0x41 < 26: value = byte - 0x41
            case let byte where byte &- 0x61 < 26: value = byte - 0x61 + 26
            case let byte where byte &- 0x30 < 10: value = byte - 0x30 + 52
            case last.0: value = 62
            case last.1: value = 63
            default: return nil
            }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        guard buffer & ((1 << UInt32(bits)) - 1) == 0 else { return nil }
        return out
    }
}
