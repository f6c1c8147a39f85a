// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where the current wall-clock time comes from; replaced by a fixed clock in tests.
public protocol WallClock: Sendable {
    var now: Instant { get }
}

/// The operating system's real-time clock.
public struct SystemWallClock: WallClock {
    public init() {}

    public var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
    }
}
