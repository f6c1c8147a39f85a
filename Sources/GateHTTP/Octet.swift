// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Octets with a meaning in HTTP, and the character classes of RFC 9110 §5.6.2 as bit sets.
enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let colon = UInt8(ascii: ":")
    static let slash = UInt8(ascii: "/")
    static let comma = UInt8(ascii: ",")

    /// tchar: letters, digits and ``!#$%&'*+-.^_`|~``.
    @inline(__always)
    static func isToken(_ octet: UInt8) -> Bool {
        octet < 64
            ? 0x03FF_6CFA_0000_0000 & (UInt64(1) << UInt64(octet)) != 0
            : octet < 128 && 0x57FF_FFFF_C7FF_FFFE & (UInt64(1) << UInt64(octet & 63)) != 0
    }

    /// What a field value may hold (RFC 9110 §5.5): visible octets, space, tab, and octets from 0x80.
    @inline(__always)
    static func isFieldValue(_ octet: UInt8) -> Bool { (octet >= 0x20 && octet != 0x7F) || octet == tab }

    @inline(__always)
    static func isDigit(_ octet: UInt8) -> Bool { octet &- 0x30 < 10 }

    @inline(__always)
    static func isHexDigit(_ octet: UInt8) -> Bool { isDigit(octet) || (octet | 0x20) &- 0x61 < 6 }

    @inline(__always)
    static func isAlphanumeric(_ octet: UInt8) -> Bool { isDigit(octet) || (octet | 0x20) &- 0x61 < 26 }

    @inline(__always)
    static func lowercased(_ octet: UInt8) -> UInt8 { octet &- 0x41 < 26 ? octet | 0x20 : octet }

    @inline(__always)
    static func hexValue(_ octet: UInt8) -> UInt8? {
        if isDigit(octet) { return octet &- 0x30 }
        let letter = (octet | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }
}
