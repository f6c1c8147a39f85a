// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateTime
import Synchronization

/// A wall clock that stands still until a test moves it.
package final class FixedClock: WallClock {
    private let instant: Mutex<Instant>

    /// Stands at 2026-11-23T00:00:00Z unless told otherwise.
    package init(_ instant: Instant = FixedClock.start) {
        self.instant = Mutex(instant)
    }

    package static let start = Instant(seconds: 1_795_392_000)

    package var now: Instant { instant.withLock { $0 } }

    package func advance(by duration: Duration) {
        instant.withLock { $0 = $0 + duration }
    }

    package func set(to instant: Instant) {
        self.instant.withLock { $0 = instant }
    }
}
