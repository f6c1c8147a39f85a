// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateFetch
package import GateJOSE
import GateOAuth
package import Logging
import Synchronization

/// The signing keys of one issuer, read without waiting and kept up to date in the background.
///
/// - A refresh that fails, or that brings junk, an empty set or a redirect, changes nothing: the keys at hand keep
///   working until they are older than ``Configuration/staleLimit``. Then there are none, and the answer is
///   "unavailable", never "invalid".
/// - Keys that are no longer published are dropped at the next refresh, and every verdict made with the old set ends.
/// - A `kid` that is not known may cause a refetch: one at a time, about one in ten seconds, never again for the same
///   `kid` soon, so that strangers cannot make us flood the provider.
package final class JWKSCache: Sendable {
    package struct Configuration: Sendable, Hashable {
        package var source: KeySource
        package var algorithms: Set<JWAlgorithm>
        package var refresh: KeyRefreshPolicy

        package init(
            source: KeySource, algorithms: Set<JWAlgorithm> = JWAlgorithm.defaults,
            refresh: KeyRefreshPolicy = KeyRefreshPolicy()
        ) {
            self.source = source
            self.algorithms = algorithms
            self.refresh = refresh
        }
    }

    package let configuration: Configuration
    private let loader: KeyLoader
    private let clock: any IdentityClock
    private let sharedAllowance: RefetchAllowance.Shared
    private let epoch = ValidityEpoch()
    private let logger: Logger
    private let onLoad: @Sendable (_ isSuccess: Bool) -> Void
    private let state: Mutex<JWKSCacheState>
    private let flights = SingleFlight<Int, Bool>()
    private let isRetired = Atomic(false)

    package init(
        _ configuration: Configuration, fetcher: any HTTPFetching, clock: any IdentityClock,
        sharedAllowance: RefetchAllowance.Shared, logger: Logger, onLoad: @escaping @Sendable (Bool) -> Void = { _ in }
    ) {
        self.configuration = configuration
        loader = KeyLoader(source: configuration.source, fetcher: fetcher, clock: clock)
        self.clock = clock
        self.sharedAllowance = sharedAllowance
        self.logger = logger
        self.onLoad = onLoad
        state = Mutex(JWKSCacheState(policy: configuration.refresh, now: clock.elapsed))
        if case .document(let bytes) = configuration.source.location {
            finish(KeyLoader.read(bytes, algorithms: configuration.algorithms))
        }
    }

    /// The keys at hand, if they are not too old.
    package func current() -> IssuerKeys? { state.withLock { $0.usableKeys(at: clock.elapsed) } }

    /// How long the keys at hand may still be used if they cannot be refreshed.
    func usableFor(_ keys: IssuerKeys) -> Duration {
        guard !configuration.isFixed else { return .seconds(365 * 86_400) }
        return max(.zero, keys.fetchedAt + configuration.refresh.staleLimit - clock.elapsed)
    }

    // MARK: - Requests

    /// Whether a request that found no keys may wait for them; nil when the last attempt failed just now.
    func admissionToFirstKeys() -> FetchTicket? {
        state.withLock { $0.admissionToFirstKeys(at: clock.elapsed) }
    }

    /// Whether a request with a `kid` that is not known may wait for newer keys.
    func admissionToRefetch(forUnknown keyID: String?) -> FetchTicket? {
        guard !configuration.isFixed else { return nil }
        let now = clock.elapsed
        return state.withLock { state in
            state.admissionToRefetch(forUnknown: keyID ?? "", at: now) { sharedAllowance.take(at: now) }
        }
    }

    /// Waits until the fetch that the ticket was given for is over, doing it if nobody else does, and gives the keys
    /// that are at hand then; less than three seconds.
    func keys(after ticket: FetchTicket) async -> IssuerKeys? {
        _ = await withDeadline(configuration.refresh.patience) {
            await self.load { $0.completedLoads <= ticket.completedLoads }
        }
        return current()
    }

    /// Notes that the newest keys do not have this `kid` either.
    func remember(unknown keyID: String?, after ticket: FetchTicket) {
        // Without a key id there is nothing to remember it by: the next such token may be signed with a new key.
        guard let keyID else { return }
        state.withLock { $0.remember(unknown: keyID, after: ticket, at: clock.elapsed) }
    }

    /// Why there are no keys.
    func failure(of provider: ProviderID) -> DependencyFailure {
        state.withLock { $0.failure(of: provider, at: clock.elapsed) }
    }

    // MARK: - Background

    /// Keeps the keys fresh until the task is cancelled.
    package func run() async {
        guard !configuration.isFixed else { return }
        while !Task.isCancelled, !isRetired.load(ordering: .relaxed) {
            let due = state.withLock { $0.refreshDue } - clock.elapsed
            if due > .zero {
                do { try await clock.sleep(for: due) } catch { return }
            } else {
                await refresh()
            }
        }
    }

    /// Ends the background work at its next step: no chain reads these keys any more.
    func retire() { isRetired.store(true, ordering: .relaxed) }

    /// Fetches now, whether or not it is time.
    package func refresh() async {
        let before = state.withLock { $0.completedLoads }
        await load { $0.completedLoads <= before }
    }

    package func status() -> KeyStatus { state.withLock { $0.status(at: clock.elapsed) } }

    private func load(if isNeeded: @Sendable (JWKSCacheState) -> Bool) async {
        _ = await flights.run(0) {
            let discovered: OpenIDDiscovery.Document?? = state.withLock { state in
                isNeeded(state) ? .some(state.reusableDiscovery(at: clock.elapsed)) : nil
            }
            guard let discovered else { return false }
            let result = await loader.load(
                budget: FetchBudget(configuration.refresh.attemptDeadline, clock: clock), known: discovered,
                algorithms: configuration.algorithms)
            // Given up by the one request that was doing it: no failure of the provider.
            if Task.isCancelled { return false }
            if case .success = result { onLoad(true) } else { onLoad(false) }
            finish(result)
            return true
        }
    }

    private func finish(_ result: Result<KeyLoader.Loaded, KeyLoadFailure>) {
        let now = clock.elapsed
        let change = state.withLock { $0.finish(result, at: now, epoch: epoch) }
        switch change {
        case .none: break
        case .renewed(let keys, let isWithdrawal):
            logger.info(
                "signing keys changed",
                metadata: [
                    "gatehouse.keys": "\(keys.verifier.keys.keys.count)", "gatehouse.withdrawn": "\(isWithdrawal)",
                    "gatehouse.skipped": "\(keys.verifier.keys.skipped)",
                ])
        case .failed(let failure, let hasKeys):
            logger.warning(
                "signing keys could not be fetched",
                metadata: ["gatehouse.detail": "\(failure.detail)", "gatehouse.uses_old_keys": "\(hasKeys)"])
        }
    }
}

extension JWKSCache.Configuration {
    /// Whether the keys are the operator's own document.
    var isFixed: Bool {
        if case .document = source.location { true } else { false }
    }
}
