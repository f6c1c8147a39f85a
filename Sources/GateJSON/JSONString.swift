// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Strings as they stand in a document (RFC 8259 §7).
enum JSONString {
    /// Checks the string whose opening quotation mark is at `start`; returns what is between the marks.
    static func scan(
        _ bytes: Span<UInt8>,
        from start: Int
    ) throws(JSONError) -> (content: Range<Int>, hasEscapes: Bool) {
        var index = start + 1
        var hasEscapes = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x80 {
                index += try sequenceLength(bytes, at: index)
            } else if byte == UInt8(ascii: "\"") {
                return ((start + 1)..<index, hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index += try escapeLength(bytes, at: index)
            } else if byte < 0x20 {
                throw JSONError(.syntax, at: index, in: bytes, "a control character inside a string must be escaped")
            } else {
                index += 1
            }
        }
        throw JSONError(.truncated, at: index, in: bytes, "the document ends inside a string")
    }

    /// The octets of a checked string with its escapes resolved.
    static func unescaped(_ content: Range<Int>, in bytes: Span<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(content.count)
        var index = content.lowerBound
        while index < content.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = codeUnit(bytes, at: index + 2) ?? 0xFFFD
                if (0xD800..<0xDC00).contains(scalar) {
                    let low = codeUnit(bytes, at: index + 8) ?? 0xDC00
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low &- 0xDC00) & 0x3FF
                    index += 6
                }
                out.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
                index += 4
            case let plain: out.append(plain)
            }
            index += 2
        }
        return out
    }

    /// Octets of the escape that begins at `index`, both halves of a surrogate pair included.
    private static func escapeLength(_ bytes: Span<UInt8>, at index: Int) throws(JSONError) -> Int {
        guard index + 1 < bytes.count else {
            throw JSONError(.truncated, at: index, in: bytes, "the document ends inside an escape")
        }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(bytes, at: index + 2) else {
                throw JSONError(.syntax, at: index, in: bytes, "\\u must be followed by four hexadecimal digits")
            }
            guard (0xD800..<0xE000).contains(unit) else { return 6 }
            guard unit < 0xDC00, index + 7 < bytes.count, bytes[index + 6] == UInt8(ascii: "\\"),
                bytes[index + 7] == UInt8(ascii: "u"), let low = codeUnit(bytes, at: index + 8),
                (0xDC00..<0xE000).contains(low)
            else {
                throw JSONError(.encoding, at: index, in: bytes, "half of a surrogate pair stands alone")
            }
            return 12
        default:
            throw JSONError(.syntax, at: index, in: bytes, "unknown escape")
        }
    }

    /// The value of four hexadecimal digits.
    private static func codeUnit(_ bytes: Span<UInt8>, at index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for offset in 0..<4 {
            let digit: UInt8
            switch bytes[index + offset] {
            case let byte where (0x30...0x39).contains(byte): digit = byte - 0x30
            case let byte where (0x41...0x46).contains(byte): digit = byte - 0x41 + 10
            case let byte where (0x61...0x66).contains(byte): digit = byte - 0x61 + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Octets of the UTF-8 sequence that begins at `index` with an octet >= 0x80 (Unicode 16, table 3-7).
    private static func sequenceLength(_ bytes: Span<UInt8>, at index: Int) throws(JSONError) -> Int {
        let lead = bytes[index]
        let length: Int
        let second: ClosedRange<UInt8>
        switch lead {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw JSONError(.encoding, at: index, in: bytes, "not UTF-8")
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else {
            throw JSONError(.encoding, at: index, in: bytes, "not UTF-8")
        }
        for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 {
            throw JSONError(.encoding, at: index, in: bytes, "not UTF-8")
        }
        return length
    }
}

extension JSONNumber {
    /// Checks the number that begins at `start`; returns the position after it (RFC 8259 §6).
    static func scan(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
        var index = start
        func digits() -> Int {
            var end = index
            while end < bytes.count, bytes[end] &- 0x30 < 10 { end += 1 }
            return end - index
        }
        func malformed(_ message: String) -> JSONError {
            JSONError(index < bytes.count ? .syntax : .truncated, at: index, in: bytes, message)
        }
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let integer = digits()
        guard integer > 0 else { throw malformed("a digit is expected") }
        guard integer == 1 || bytes[index] != UInt8(ascii: "0") else {
            throw malformed("a number has no leading zeros")
        }
        index += integer
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = digits()
            guard fraction > 0 else { throw malformed("a digit is expected after the decimal point") }
            index += fraction
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            let exponent = digits()
            guard exponent > 0 else { throw malformed("a digit is expected in the exponent") }
            index += exponent
        }
        return index
    }
}
