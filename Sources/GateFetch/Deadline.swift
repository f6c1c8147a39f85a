// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Runs `work` for at most `duration`; nil when the time was up first, in which case the work was cancelled.
///
/// The work must return soon after it is cancelled: it is waited for.
package func withDeadline<Value: Sendable>(
    _ duration: Duration, clock: some Clock<Duration> = ContinuousClock(), _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await work() }
        group.addTask {
            // Cancellation of the sleep means that the work ended first.
            do { try await clock.sleep(for: duration) } catch { return nil }
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
    }
}
