// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What may stand as the host of a URL (RFC 3986 §3.2.2), read the one way in which every resolver reads it.
enum HTTPHost {
    /// A name of letters, digits, `-` and `_` in labels of 1 to 63, 253 in all; one dot may end it.
    ///
    /// A name whose last label is a number is none: resolvers take `127.1`, `0x7f.1` and `2130706433` for addresses.
    static func isName(_ text: some StringProtocol) -> Bool {
        guard text.utf8.count <= 254 else { return false }
        var labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        guard let last = labels.last, !isNumber(last) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count)
                && label.allSatisfy {
                    isDigit($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "-")
                        || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// Four decimal numbers without leading zeros (RFC 3986 §3.2.2).
    static func isIPv4Address(_ text: some StringProtocol) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(isDigit) && (part.count == 1 || part.first != 0x30)
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }

    /// Eight groups of up to four hexadecimal digits, `::` for a run of zeros at most once, the last 32 bits possibly as IPv4
    /// (RFC 4291 §2.2); no zone.
    static func isIPv6Address(_ text: some StringProtocol) -> Bool {
        let colon = UInt8(ascii: ":")
        var rest = Array(text.utf8)[...]
        var groups = 0
        var isShortened = false
        while !rest.isEmpty {
            if rest.starts(with: [colon, colon]) {
                guard !isShortened else { return false }
                isShortened = true
                rest = rest.dropFirst(2)
                if rest.isEmpty { break }
            } else if groups > 0 {
                guard rest.first == colon else { return false }
                rest = rest.dropFirst()
            }
            let group = rest.prefix { $0 != colon }
            rest = rest.dropFirst(group.count)
            if rest.isEmpty, group.contains(UInt8(ascii: ".")) {
                guard isIPv4Address(String(decoding: group, as: UTF8.self)) else { return false }
                groups += 2
            } else {
                guard (1...4).contains(group.count), group.allSatisfy(isHexDigit) else { return false }
                groups += 1
            }
        }
        return isShortened ? groups <= 7 : groups == 8
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (0x30...0x39).contains(octet) }

    private static func isHexDigit(_ octet: UInt8) -> Bool { isDigit(octet) || (0x61...0x66).contains(octet | 0x20) }

    /// Digits, or `0x` and hexadecimal digits or nothing.
    private static func isNumber(_ label: some Collection<UInt8>) -> Bool {
        if label.allSatisfy(isDigit) { return true }
        guard label.count >= 2, label.first == 0x30, label.dropFirst().first.map({ $0 | 0x20 }) == 0x78 else {
            return false
        }
        return label.dropFirst(2).allSatisfy(isHexDigit)
    }
}
