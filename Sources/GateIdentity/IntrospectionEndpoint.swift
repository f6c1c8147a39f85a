// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateOAuth
import Synchronization

/// Where an authorization server is asked about tokens: configured, or found in its metadata and looked up again daily.
final class IntrospectionEndpoint: Sendable {
    private struct Found {
        var url: HTTPURL
        var at: Duration
    }

    private let configured: HTTPURL?
    private let places: [HTTPURL]
    private let issuer: IssuerURL
    private let discovery: OpenIDDiscovery
    private let provider: ProviderID
    private let clock: any IdentityClock
    private let found = Mutex<Found?>(nil)
    private let flights = SingleFlight<Int, Result<HTTPURL, DependencyFailure>>()

    /// Found metadata is believed for this long.
    private static let lifetime = Duration.seconds(86_400)

    init(
        _ configured: HTTPURL?, places: [HTTPURL], issuer: IssuerURL, provider: ProviderID,
        discovery: OpenIDDiscovery, clock: any IdentityClock
    ) {
        self.configured = configured
        self.places = places
        self.issuer = issuer
        self.provider = provider
        self.discovery = discovery
        self.clock = clock
    }

    func find() async throws(DependencyFailure) -> HTTPURL {
        if let configured { return configured }
        let known = found.withLock { $0 }
        if let known, clock.elapsed - known.at < IntrospectionEndpoint.lifetime { return known.url }
        let result = await flights.run(0) {
            // Half of the time, so that the question itself can still be asked.
            let budget = FetchBudget(ProviderAPI.deadline / 2, clock: clock)
            switch await discovery.find(.introspection, at: places, expecting: .exactly([issuer]), budget: budget) {
            case .success(let document):
                guard let url = document.introspectionEndpoint else { return .failure(failure("no endpoint")) }
                found.withLock { $0 = Found(url: url, at: clock.elapsed) }
                return .success(url)
            case .failure(let reason): return .failure(failure(reason.detail))
            }
        }
        switch result {
        case .success(let url): return url
        case .failure(let reason):
            if let known { return known.url }
            throw reason
        case nil: throw failure("the request was given up")
        }
    }

    private func failure(_ detail: String) -> DependencyFailure {
        DependencyFailure(.discovery, provider: provider, detail: detail)
    }
}
