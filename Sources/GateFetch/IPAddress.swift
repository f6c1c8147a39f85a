// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// An IPv4 or IPv6 address as a number, without zone or port.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// Reads dotted-decimal IPv4 (four parts, no leading zeros) or RFC 4291 §2.2 IPv6 text without brackets and zone.
    ///
    /// The old spellings that `inet_aton` takes (`127.1`, `0x7f000001`, `017700000001`) are not addresses here.
    package init?(_ text: some StringProtocol) {
        if let v4 = IPAddress.parseV4(text[...]) {
            self = .v4(v4)
        } else if let groups = IPAddress.parseV6(text[...]) {
            self = IPAddress(groups: groups)
        } else {
            return nil
        }
    }

    /// From the octets of `in_addr` or `in6_addr`; nil for other lengths.
    package init?(octets: some Collection<UInt8>) {
        switch octets.count {
        case 4: self = .v4(octets.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .v6(
                high: octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: octets.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    private init(groups: [UInt16]) {
        self = .v6(
            high: groups.prefix(4).reduce(0) { $0 << 16 | UInt64($1) },
            low: groups.dropFirst(4).reduce(0) { $0 << 16 | UInt64($1) })
    }

    private static func parseV4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                part.utf8.count == 1 || part.utf8.first != 0x30, let octet = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        return value
    }

    private static func parseV6(_ text: some StringProtocol) -> [UInt16]? {
        guard text.utf8.contains(0x3A), text.utf8.count <= 45 else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        var gap: Int?
        for (index, part) in parts.enumerated() {
            if part.isEmpty {
                // "::" leaves one empty part inside, or two at either end.
                let atStart = index == 0 && parts.count > 2 && parts[1].isEmpty
                let atEnd = index == parts.count - 1 && index >= 1 && parts[index - 1].isEmpty
                if atStart || (atEnd && gap != nil) { continue }
                guard gap == nil, index > 0, index < parts.count - 1 else { return nil }
                gap = groups.count
            } else if index == parts.count - 1, part.utf8.contains(0x2E) {
                guard let v4 = parseV4(part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: v4 >> 16))
                groups.append(UInt16(truncatingIfNeeded: v4))
            } else {
                guard part.utf8.count <= 4, part.utf8.allSatisfy(isHexDigit), let group = UInt16(part, radix: 16) else {
                    return nil
                }
                groups.append(group)
            }
        }
        guard let gap else { return groups.count == 8 ? groups : nil }
        guard groups.count < 8 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        return groups
    }

    private static func isHexDigit(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet) || (0x41...0x46).contains(octet)
    }
}

extension IPAddress: CustomStringConvertible {
    /// Text that both `inet_pton` and ``init(_:)`` read; IPv6 is not shortened.
    package var description: String {
        switch self {
        case .v4(let value):
            return "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
        case .v6(let high, let low):
            let groups = [high, low].flatMap { half in
                [48, 32, 16, 0].map { String(half >> UInt64($0) & 0xFFFF, radix: 16) }
            }
            return groups.joined(separator: ":")
        }
    }
}
