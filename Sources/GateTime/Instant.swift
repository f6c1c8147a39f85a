// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A point in wall-clock time, counted from 1970-01-01T00:00:00Z without leap seconds.
///
/// Tokens, cookies and documents carry wall-clock times; waits and time-outs use `ContinuousClock` instead.
/// Checks never read a clock themselves: the instant is passed in.
public struct Instant: Sendable, Hashable, Comparable {
    /// Whole seconds since the epoch.
    public let seconds: Int64
    /// The rest, 0 ..< 1,000,000,000.
    public let nanoseconds: UInt32

    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = min(nanoseconds, 999_999_999)
    }

    public static func < (a: Instant, b: Instant) -> Bool {
        a.seconds != b.seconds ? a.seconds < b.seconds : a.nanoseconds < b.nanoseconds
    }

    /// Adds a duration; saturates instead of overflowing.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let (wholeSeconds, attoseconds) = duration.components
        var nanoseconds = Int64(instant.nanoseconds) + attoseconds / 1_000_000_000
        var carry: Int64 = 0
        if nanoseconds < 0 {
            nanoseconds += 1_000_000_000
            carry = -1
        } else if nanoseconds >= 1_000_000_000 {
            nanoseconds -= 1_000_000_000
            carry = 1
        }
        let (sum, overflow) = instant.seconds.addingReportingOverflow(wholeSeconds)
        guard !overflow else { return wholeSeconds < 0 ? .distantPast : .distantFuture }
        let (total, carried) = sum.addingReportingOverflow(carry)
        guard !carried else { return carry < 0 ? .distantPast : .distantFuture }
        return Instant(seconds: total, nanoseconds: UInt32(nanoseconds))
    }

    public static func - (instant: Instant, duration: Duration) -> Instant { instant + (.zero - duration) }

    /// How long after `earlier` this instant is; negative when it is before.
    public func duration(since earlier: Instant) -> Duration {
        let (difference, overflow) = seconds.subtractingReportingOverflow(earlier.seconds)
        guard !overflow else { return .seconds(seconds < earlier.seconds ? Int64.min / 2 : Int64.max / 2) }
        return .seconds(difference) + .nanoseconds(Int64(nanoseconds) - Int64(earlier.nanoseconds))
    }

    public static let distantPast = Instant(seconds: .min)
    public static let distantFuture = Instant(seconds: .max, nanoseconds: 999_999_999)
}
