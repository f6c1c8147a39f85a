// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateTestKit
import GateTime

/// An identity service's clocks, which show what a fixed clock shows.
struct StandingClock: IdentityClock {
    let fixed: FixedClock

    var elapsed: Duration { .seconds(fixed.now.seconds - FixedClock.start.seconds + 1_000) }
    var wall: Instant { fixed.now }
    func sleep(for duration: Duration) async throws { try await ContinuousClock().sleep(for: duration) }
}
