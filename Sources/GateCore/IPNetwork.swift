// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch

/// A range of addresses in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3): `10.0.0.0/8`, `::1`, …
package struct IPNetwork: Sendable, Hashable {
    private let base: IPAddress
    private let prefix: Int

    /// Nil when the text is no address with an optional prefix length.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let longest =
            switch address {
            case .v4: 32
            case .v6: 128
            }
        var prefix = longest
        if parts.count == 2 {
            guard let length = Int(parts[1]), (0...longest).contains(length) else { return nil }
            prefix = length
        }
        base = address
        self.prefix = prefix
    }

    func contains(_ address: IPAddress) -> Bool {
        switch (base, address) {
        case (.v4(let a), .v4(let b)): return prefix == 0 || (a ^ b) >> UInt32(32 - prefix) == 0
        case (.v6(let high, let low), .v6(let otherHigh, let otherLow)):
            if prefix == 0 { return true }
            if prefix <= 64 { return (high ^ otherHigh) >> UInt64(64 - prefix) == 0 }
            return high == otherHigh && (low ^ otherLow) >> UInt64(128 - prefix) == 0
        default: return false
        }
    }
}
