// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateTime

/// The two clocks this module needs, replaced together in tests.
///
/// Claims are judged by wall time, which is passed in. The age of keys, retries and waits are measured here, so that a
/// stepped wall clock neither ages keys nor starts a storm of fetches.
package protocol IdentityClock: Sendable {
    /// Time that only moves forward, since some fixed moment.
    var elapsed: Duration { get }
    /// The wall clock, for verdicts that are made after a wait.
    var wall: Instant { get }
    func sleep(for duration: Duration) async throws
}

/// The operating system's clocks.
package struct SystemIdentityClock: IdentityClock {
    private let start = ContinuousClock.now

    package init() {}

    package var elapsed: Duration { ContinuousClock.now - start }
    package var wall: Instant { SystemWallClock().now }
    package func sleep(for duration: Duration) async throws { try await ContinuousClock().sleep(for: duration) }
}
