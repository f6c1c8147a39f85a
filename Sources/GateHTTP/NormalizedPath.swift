// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A request path in the one form that is judged and forwarded (RFC 3986 §6.2.2; defence D15).
///
/// Escaped unreserved characters are decoded once, other escapes kept in upper case. Whatever two parsers could read differently is
/// refused: an escaped or literal backslash, an escaped slash, `;`, NUL and controls, dot segments in any spelling, empty segments,
/// an escape of an escape, broken or overlong UTF-8, and the look-alikes of dot and slash.
public struct NormalizedPath: Sendable, Hashable, CustomStringConvertible {
    /// The canonical octets, beginning with `/`.
    public let bytes: [UInt8]

    public var description: String { String(decoding: bytes, as: UTF8.self) }

    public init(_ path: Span<UInt8>) throws(HTTPRefusal) {
        guard !path.isEmpty, path[0] == Octet.slash else { throw .targetMalformed }
        var canonical: [UInt8] = []
        canonical.reserveCapacity(path.count)
        var i = 0
        while i < path.count {
            let octet = path[i]
            guard octet == UInt8(ascii: "%") else {
                guard Self.isPlain(octet) else { throw .targetMalformed }
                canonical.append(octet)
                i += 1
                continue
            }
            let value = try Self.escaped(path, i)
            if value >= 0x80 {
                i = try Self.copyScalar(path, i, into: &canonical)
                continue
            }
            if Self.isUnreserved(value) {
                canonical.append(value)
            } else {
                try Self.check(escaped: value, path, i)
                canonical.append(UInt8(ascii: "%"))
                canonical.append(Self.upperHex(value >> 4))
                canonical.append(Self.upperHex(value & 15))
            }
            i += 3
        }
        guard Self.hasSoundSegments(canonical.span), !Self.hasDoubleEscape(canonical.span) else {
            throw .targetMalformed
        }
        bytes = canonical
    }

    /// True when the octets at `range` are canonical already, which nearly all are: then no copy need be made.
    public static func isCanonical(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, bytes[range.lowerBound] == Octet.slash else { return false }
        var previous: UInt8 = 0
        for i in range {
            let octet = bytes[i]
            guard isPlain(octet) else { return false }
            if previous == Octet.slash, octet == Octet.slash || octet == UInt8(ascii: ".") { return false }
            previous = octet
        }
        return true
    }

    /// True for the path itself and, when `includingBelow`, for what lies below it on a segment boundary.
    public static func matches(_ bytes: Span<UInt8>, _ range: Range<Int>, _ pattern: [UInt8], includingBelow: Bool)
        -> Bool
    {
        guard range.count >= pattern.count else { return false }
        let expected = pattern.span
        for offset in 0..<expected.count where bytes[range.lowerBound + offset] != expected[offset] { return false }
        if range.count == pattern.count { return true }
        guard includingBelow else { return false }
        return pattern.last == Octet.slash || bytes[range.lowerBound + pattern.count] == Octet.slash
    }

    /// pchar without percent and semicolon, and the slash (RFC 3986 §3.3).
    @inline(__always)
    private static func isPlain(_ octet: UInt8) -> Bool {
        // ! $ & ' ( ) * + , - . / 0-9 : = @ A-Z _ a-z ~
        octet < 64
            ? 0x27FF_FFD2_0000_0000 & (UInt64(1) << UInt64(octet)) != 0
            : octet < 128 && 0x47FF_FFFE_87FF_FFFF & (UInt64(1) << UInt64(octet & 63)) != 0
    }

    private static func isUnreserved(_ octet: UInt8) -> Bool {
        Octet.isAlphanumeric(octet) || octet == UInt8(ascii: "-") || octet == UInt8(ascii: ".")
            || octet == UInt8(ascii: "_")
            || octet == UInt8(ascii: "~")
    }

    private static func upperHex(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 + value - 10 }

    /// The octet that the escape at `i` stands for.
    private static func escaped(_ path: Span<UInt8>, _ i: Int) throws(HTTPRefusal) -> UInt8 {
        guard i + 2 < path.count, path[i] == UInt8(ascii: "%"), let high = Octet.hexValue(path[i + 1]),
            let low = Octet.hexValue(path[i + 2])
        else { throw .targetMalformed }
        return high << 4 | low
    }

    private static func check(escaped value: UInt8, _ path: Span<UInt8>, _ i: Int) throws(HTTPRefusal) {
        guard value >= 0x20, value != 0x7F else { throw .targetMalformed }
        switch value {
        case Octet.slash, UInt8(ascii: "\\"), UInt8(ascii: ";"), UInt8(ascii: "#"), UInt8(ascii: "?"):
            throw .targetMalformed
        case UInt8(ascii: "%"):
            // An escaped percent before two hexadecimal digits is an escape to whoever decodes twice.
            if i + 4 < path.count, Octet.hexValue(path[i + 3]) != nil, Octet.hexValue(path[i + 4]) != nil {
                throw .targetMalformed
            }
            if i + 3 < path.count, path[i + 3] == UInt8(ascii: "%") || path[i + 3] | 0x20 == UInt8(ascii: "u") {
                throw .targetMalformed
            }
        default: break
        }
    }

    /// Copies one escaped UTF-8 sequence; returns where the next octet stands.
    private static func copyScalar(_ path: Span<UInt8>, _ start: Int, into out: inout [UInt8]) throws(HTTPRefusal)
        -> Int
    {
        let lead = try escaped(path, start)
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        guard lead >= 0xC2, lead <= 0xF4 else { throw .targetMalformed }
        var octets: [UInt8] = []
        for n in 0..<length { octets.append(try escaped(path, start + n * 3)) }
        guard let text = String(validating: octets, as: UTF8.self), let scalar = text.unicodeScalars.first else {
            throw .targetMalformed
        }
        switch scalar.value {
        case 0x80...0x9F, 0x2024, 0x2025, 0x2026, 0x2044, 0x2215, 0x2216, 0x29F5, 0x29F8, 0x29F9, 0xFE52, 0xFE68,
            0xFF0E, 0xFF0F, 0xFF3C,
            0xFF05, 0xFE6A, 0x037E, 0xFE54, 0xFF1B, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF:
            throw .targetMalformed
        default: break
        }
        for octet in octets {
            out.append(UInt8(ascii: "%"))
            out.append(upperHex(octet >> 4))
            out.append(upperHex(octet & 15))
        }
        return start + length * 3
    }

    /// True when an escaped percent stands before two hexadecimal digits, as decoding an unreserved escape may bring about.
    private static func hasDoubleEscape(_ path: Span<UInt8>) -> Bool {
        guard path.count >= 5 else { return false }
        for i in 0...(path.count - 5)
        where path[i] == UInt8(ascii: "%") && path[i + 1] == UInt8(ascii: "2") && path[i + 2] == UInt8(ascii: "5")
            && Octet.hexValue(path[i + 3]) != nil && Octet.hexValue(path[i + 4]) != nil
        {
            return true
        }
        return false
    }

    /// No empty segment but the last, no `.` and no `..`.
    private static func hasSoundSegments(_ path: Span<UInt8>) -> Bool {
        var start = 1
        for i in 1..<(path.count + 1) {
            guard i == path.count || path[i] == Octet.slash else { continue }
            let segment = start..<i
            if segment.isEmpty, i != path.count { return false }
            if path.equals(".", at: segment) || path.equals("..", at: segment) { return false }
            start = i + 1
        }
        return true
    }
}
