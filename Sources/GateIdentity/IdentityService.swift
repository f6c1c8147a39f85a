// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateFetch
package import Logging
import ServiceLifecycle
import Synchronization

/// Owns the keys of all issuers and makes the validators that use them.
///
/// ```swift
/// let identity = IdentityService(fetcher: fetcher, logger: logger)
/// let chains = try identity.makeChains(for: [[.entra(entra), .openIDConnect(keycloak)]])
/// // run `identity` in the service group; on reload call makeChains again
/// ```
/// A reload that names an issuer again keeps its keys, so that nobody waits for a fetch because of it.
package final class IdentityService: Service {
    private struct State {
        var caches: [JWKSCache.Configuration: JWKSCache] = [:]
        var parts: [ProviderPart] = []
    }

    private let fetcher: any HTTPFetching
    private let clock: any IdentityClock
    private let refresh: KeyRefreshPolicy
    private let sharedAllowance: RefetchAllowance.Shared
    private let logger: Logger
    private let onLoad: @Sendable (Bool) -> Void
    private let state = Mutex(State())
    private let started: AsyncStream<JWKSCache>
    private let starting: AsyncStream<JWKSCache>.Continuation

    /// - Parameter onLoad: told of each attempt to fetch an issuer's keys.
    package init(
        fetcher: any HTTPFetching, clock: any IdentityClock = SystemIdentityClock(),
        refresh: KeyRefreshPolicy = KeyRefreshPolicy(), logger: Logger,
        onLoad: @escaping @Sendable (_ isSuccess: Bool) -> Void = { _ in }
    ) {
        self.fetcher = fetcher
        self.clock = clock
        self.refresh = refresh
        self.logger = logger
        self.onLoad = onLoad
        sharedAllowance = RefetchAllowance.Shared(now: clock.elapsed)
        (started, starting) = AsyncStream.makeStream()
    }

    /// Makes one chain for each protected resource, in place of all chains made before.
    /// - Throws: ``IdentityError``, and leaves everything as it was, when a provider cannot work as configured.
    package func makeChains(
        for resources: [[ProviderConfiguration]]
    ) throws(IdentityError) -> [ValidatorChain] {
        try make(chains: resources, signIns: []).chains
    }

    /// Makes the chains of the protected resources and the providers to sign in with, in place of all made before.
    ///
    /// - Throws: ``IdentityError``, and leaves everything as it was, when a provider cannot work as configured.
    package func make(
        chains resources: [[ProviderConfiguration]], signIns: [SignInConfiguration]
    ) throws(IdentityError) -> (chains: [ValidatorChain], signIns: [any SignInProvider]) {
        let known = state.withLock { $0.caches }
        var factory = ProviderFactory(
            known: known, fetcher: fetcher, clock: clock, refresh: refresh, sharedAllowance: sharedAllowance,
            logger: logger, onLoad: onLoad)
        var made: [[ProviderPart]] = []
        for providers in resources {
            var parts: [ProviderPart] = []
            for provider in providers { parts += try factory.parts(of: provider) }
            made.append(parts)
        }
        var people: [any SignInProvider] = []
        for signIn in signIns { people.append(try factory.signIn(signIn)) }
        let used = factory.used
        state.withLock { state in
            state.caches = used
            state.parts = made.flatMap { $0 }
        }
        for (configuration, cache) in known where used[configuration] == nil { cache.retire() }
        for (configuration, cache) in used where known[configuration] == nil { starting.yield(cache) }
        let chains = made.map { parts in
            ValidatorChain(jwt: parts.compactMap(\.jwtValidator), remote: parts.compactMap(\.remoteValidator))
        }
        return (chains, people)
    }

    /// Keeps all keys fresh until the service is shut down.
    package func run() async throws {
        await withDiscardingTaskGroup { group in
            for await cache in started.cancelOnGracefulShutdown() {
                group.addTask { await cache.run() }
            }
            group.cancelAll()
        }
    }

    /// Fetches the keys that are missing, all at once; returns when every issuer has answered or failed once.
    package func warmUp() async { await refresh(state.withLock { $0.caches.values.filter { $0.current() == nil } }) }

    /// Fetches all keys now, whether or not it is time: for an operator who knows that they changed.
    package func refreshNow() async { await refresh(state.withLock { Array($0.caches.values) }) }

    private func refresh(_ caches: [JWKSCache]) async {
        await withDiscardingTaskGroup { group in
            for cache in caches { group.addTask { await cache.refresh() } }
        }
    }

    /// How each provider is doing, in the order of the configuration and each issuer once.
    package func health() -> [ProviderHealth] {
        var seen: [ProviderHealth] = []
        for part in state.withLock({ $0.parts }) {
            let health = part.health
            if !seen.contains(where: { $0.provider == health.provider && $0.issuer == health.issuer }) {
                seen.append(health)
            }
        }
        return seen
    }
}
