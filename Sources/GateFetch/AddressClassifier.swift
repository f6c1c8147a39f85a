// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What part of the internet an address belongs to; the egress guard lets a fetch reach only named classes.
package enum AddressClass: String, Sendable, Hashable, CaseIterable {
    /// Globally reachable unicast.
    case global
    /// This host: 127.0.0.0/8, ::1.
    case loopback
    /// RFC 1918, unique local (RFC 4193).
    case privateUse = "private"
    /// Carrier-grade NAT, RFC 6598.
    case sharedAddressSpace = "shared"
    case linkLocal = "link-local"
    /// Addresses at which clouds hand credentials to whoever asks; never reachable unless named.
    case metadata
    /// Unspecified, multicast, broadcast, documentation, benchmarking, deprecated transition forms, unassigned.
    case reserved
}

/// Sorts addresses by the IANA special-purpose registries (RFC 6890), looking through embedded IPv4 addresses.
package enum AddressClassifier {
    package static func classify(_ address: IPAddress) -> AddressClass {
        switch address {
        case .v4(let value): classify(v4: value)
        case .v6(let high, let low): classify(high: high, low: low)
        }
    }

    /// Link-local metadata services of the large clouds, and the platform addresses that are not link-local.
    private static let metadataV4: Set<UInt32> = [
        0xA9FE_A9FE,  // 169.254.169.254: AWS, Azure, Google, Oracle, OpenStack
        0xA9FE_AA02,  // 169.254.170.2: AWS container credentials
        0xA9FE_AA17,  // 169.254.170.23: AWS EKS pod identity
        0x6464_64C8,  // 100.100.100.200: Alibaba
        0xA83F_8110,  // 168.63.129.16: Azure platform
        0xC000_00C0,  // 192.0.0.192: Oracle
    ]

    private static let rangesV4: [(network: UInt32, bits: UInt32, kind: AddressClass)] = [
        (0x0000_0000, 8, .reserved),
        (0x0A00_0000, 8, .privateUse),
        (0x6440_0000, 10, .sharedAddressSpace),
        (0x7F00_0000, 8, .loopback),
        (0xA9FE_0000, 16, .linkLocal),
        (0xAC10_0000, 12, .privateUse),
        (0xC000_0000, 24, .reserved),  // IETF protocol assignments
        (0xC000_0200, 24, .reserved),  // documentation
        (0xC058_6300, 24, .reserved),  // 6to4 relays
        (0xC0A8_0000, 16, .privateUse),
        (0xC612_0000, 15, .reserved),  // benchmarking
        (0xC633_6400, 24, .reserved),  // documentation
        (0xCB00_7100, 24, .reserved),  // documentation
        (0xE000_0000, 3, .reserved),  // multicast, future use, broadcast
    ]

    private static func classify(v4 value: UInt32) -> AddressClass {
        if metadataV4.contains(value) { return .metadata }
        return rangesV4.first { value >> (32 - $0.bits) == $0.network >> (32 - $0.bits) }?.kind ?? .global
    }

    private static func classify(high: UInt64, low: UInt64) -> AddressClass {
        if high == 0 {
            if low == 1 { return .loopback }
            // ::ffff:0:0/96, the operating system connects to the IPv4 address.
            if low >> 32 == 0xFFFF { return classify(v4: UInt32(truncatingIfNeeded: low)) }
            return .reserved
        }
        // 64:ff9b::/96 (RFC 6052): a translator connects to the IPv4 address.
        if high == 0x0064_FF9B_0000_0000 && low >> 32 == 0 { return classify(v4: UInt32(truncatingIfNeeded: low)) }
        // 64:ff9b:1::/48 (RFC 8215): a translator of the network's own, which may connect to anything.
        if high >> 16 == 0x0064_FF9B_0001 { return .reserved }
        if high == 0xFD00_0EC2_0000_0000 && low == 0x254 { return .metadata }
        if high == 0xFD20_00CE_0000_0000 && low == 0x254 { return .metadata }
        if high >> 57 == 0xFC >> 1 { return .privateUse }
        if high >> 54 == 0xFE80 >> 6 { return .linkLocal }
        // Only 2000::/3 is global unicast, and some of it is special: IETF assignments with Teredo (2001::/23),
        // documentation (2001:db8::/32, 3fff::/20), 6to4 (2002::/16, which can wrap any IPv4 address).
        guard high >> 61 == 1 else { return .reserved }
        if high >> 41 == 0x2001_0000_0000_0000 >> 41 || high >> 32 == 0x2001_0DB8 { return .reserved }
        if high >> 48 == 0x2002 || high >> 44 == 0x3FFF0 { return .reserved }
        return .global
    }
}
