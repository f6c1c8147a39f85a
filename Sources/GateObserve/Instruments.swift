// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// A number that only rises; safe to move from any thread.
package final class MetricCounter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}

    package func increment(by amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

    package var value: UInt64 { count.load(ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// A number of things that exist right now; safe to move from any thread.
package final class MetricGauge: Sendable {
    private let level = Atomic<Int64>(0)

    package init() {}

    package func increment(by amount: Int64 = 1) { level.wrappingAdd(amount, ordering: .relaxed) }

    package func decrement(by amount: Int64 = 1) { level.wrappingSubtract(amount, ordering: .relaxed) }

    package var value: Int64 { level.load(ordering: .relaxed) }
}

/// How durations are spread over fixed buckets; safe to move from any thread.
package final class DurationHistogram: Sendable {
    /// Upper bounds in nanoseconds, from half a millisecond to a minute; streams that last longer fall beyond the last.
    static let bounds: [UInt64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000, 60_000_000_000,
    ]

    private let buckets: [MetricCounter]
    private let sum = Atomic<UInt64>(0)

    package init() { buckets = (0...Self.bounds.count).map { _ in MetricCounter() } }

    package func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return record(nanoseconds: 0) }
        let whole = UInt64(min(seconds, 1_000_000_000)) * 1_000_000_000
        record(nanoseconds: whole + UInt64(attoseconds / 1_000_000_000))
    }

    package func record(nanoseconds: UInt64) {
        var index = 0
        while index < Self.bounds.count, nanoseconds > Self.bounds[index] { index += 1 }
        buckets[index].increment()
        sum.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    /// Per bucket, not cumulated; the last one is everything beyond the last bound.
    var counts: [UInt64] { buckets.map(\.value) }

    var sumSeconds: Double { Double(sum.load(ordering: .relaxed)) / 1_000_000_000 }
}
