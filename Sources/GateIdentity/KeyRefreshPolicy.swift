// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// When signing keys are fetched and how long they are used.
package struct KeyRefreshPolicy: Sendable, Hashable {
    /// Bounds for what `Cache-Control` and `Expires` ask for.
    package var minimumLifetime: Duration
    package var maximumLifetime: Duration
    /// Where the provider says nothing.
    package var defaultLifetime: Duration
    /// How old keys may get while they cannot be refreshed; after that nobody is let in.
    package var staleLimit: Duration
    /// The time between two refetches because of unknown key ids, on average; two may follow each other closely.
    package var unknownKeyInterval: Duration
    /// For one attempt: metadata and keys together.
    package var attemptDeadline: Duration
    /// The longest time that a request waits for keys.
    package var patience: Duration

    package init(
        minimumLifetime: Duration = .seconds(300), maximumLifetime: Duration = .seconds(3_600),
        defaultLifetime: Duration = .seconds(900), staleLimit: Duration = .seconds(86_400),
        unknownKeyInterval: Duration = .seconds(10), attemptDeadline: Duration = .milliseconds(2_400),
        patience: Duration = .milliseconds(2_600)
    ) {
        self.minimumLifetime = minimumLifetime
        self.maximumLifetime = max(minimumLifetime, maximumLifetime)
        self.defaultLifetime = defaultLifetime
        self.staleLimit = staleLimit
        self.unknownKeyInterval = unknownKeyInterval
        self.attemptDeadline = attemptDeadline
        self.patience = patience
    }

    func lifetime(asked: Duration?) -> Duration {
        min(max(asked ?? defaultLifetime, minimumLifetime), maximumLifetime)
    }

    /// The pause after this many failures in a row: short while there are no keys at all, longer when old ones serve.
    func pause(afterFailures count: Int, hasKeys: Bool) -> Duration {
        let doublings = min(max(count, 1) - 1, 6)
        return min((hasKeys ? .seconds(10) : .seconds(1)) * (1 << doublings), hasKeys ? .seconds(60) : .seconds(30))
    }
}
