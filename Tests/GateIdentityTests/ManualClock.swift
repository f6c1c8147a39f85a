// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateTestKit
import GateTime
import Synchronization

/// Both clocks of an identity service, which move only when a test says so; sleepers wake when their time has come.
final class ManualClock: IdentityClock {
    private struct State {
        var elapsed = Duration.seconds(1_000)
        var wall = FixedClock.start
        var nextID = 0
        var sleepers: [Int: (until: Duration, wake: AsyncStream<Void>.Continuation)] = [:]
    }

    private let state = Mutex(State())

    var elapsed: Duration { state.withLock { $0.elapsed } }
    var wall: Instant { state.withLock { $0.wall } }
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.elapsed += duration
            state.wall = state.wall + duration
            let due = state.sleepers.filter { $0.value.until <= state.elapsed }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.wake)
        }
        for wake in woken { wake.finish() }
    }

    /// Moves the wall clock only, as an operator or a time server does.
    func step(by duration: Duration) { state.withLock { $0.wall = $0.wall + duration } }

    func sleep(for duration: Duration) async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let id = state.withLock { state in
            state.nextID += 1
            state.sleepers[state.nextID] = (state.elapsed + duration, continuation)
            return state.nextID
        }
        for await _ in stream {}
        state.withLock { _ = $0.sleepers.removeValue(forKey: id) }
        try Task.checkCancellation()
    }
}
