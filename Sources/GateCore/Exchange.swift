// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// One request and its answer, as the gate remembers it between the turns of its life.
///
/// Immutable but for what phases add on the connection's own event loop.
package final class Exchange: Sendable {
    package let requestID: String
    package let startedAt: ContinuousClock.Instant

    package init(requestID: String, startedAt: ContinuousClock.Instant) {
        self.requestID = requestID
        self.startedAt = startedAt
    }
}
