// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// A token bucket for fetches that strangers can cause.
package struct RefetchAllowance: Sendable {
    private let burst: Double
    private let interval: Duration
    private var available: Double
    private var countedAt: Duration

    /// - Parameters:
    ///   - burst: how many may follow each other closely.
    ///   - interval: how long it takes until one more is allowed.
    package init(burst: Int, interval: Duration, now: Duration) {
        self.burst = Double(burst)
        self.interval = interval
        available = Double(burst)
        countedAt = now
    }

    package mutating func take(at now: Duration) -> Bool {
        if now > countedAt {
            available = min(burst, available + (now - countedAt) / interval)
            countedAt = now
        }
        guard available >= 1 else { return false }
        available -= 1
        return true
    }

    /// One allowance for all issuers together, so that many tenants do not add up to a flood.
    package final class Shared: Sendable {
        private let allowance: Mutex<RefetchAllowance>

        package init(burst: Int = 20, interval: Duration = .seconds(1), now: Duration) {
            allowance = Mutex(RefetchAllowance(burst: burst, interval: interval, now: now))
        }

        package func take(at now: Duration) -> Bool { allowance.withLock { $0.take(at: now) } }
    }
}
