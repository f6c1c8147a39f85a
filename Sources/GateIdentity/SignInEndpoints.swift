// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateOAuth
import Synchronization

/// Where a provider signs people in: configured, or found in its metadata and looked up again hourly.
final class SignInEndpoints: Sendable {
    /// The endpoints of one provider.
    struct Endpoints: Sendable {
        var authorization: HTTPURL
        var token: HTTPURL
        var userInfo: HTTPURL?
        /// As the metadata spells it; nil without metadata.
        var issuer: String?
        /// RFC 9207 §3: then an answer without `iss` is not the provider's.
        var sendsIssuer = false
    }

    private struct Found {
        var endpoints: Endpoints
        var at: Duration
    }

    private let configured: Endpoints?
    private let places: [HTTPURL]
    private let expectation: IssuerExpectation
    private let discovery: OpenIDDiscovery
    private let provider: ProviderID
    private let clock: any IdentityClock
    private let found = Mutex<Found?>(nil)
    private let flights = SingleFlight<Int, Result<Endpoints, DependencyFailure>>()

    /// Found metadata is believed for this long, and for as long as the provider does not answer.
    private static let lifetime = Duration.seconds(3_600)
    private static let deadline = Duration.milliseconds(2_500)

    init(
        _ configured: Endpoints?, places: [HTTPURL], expecting expectation: IssuerExpectation, provider: ProviderID,
        discovery: OpenIDDiscovery, clock: any IdentityClock
    ) {
        self.configured = configured
        self.places = places
        self.expectation = expectation
        self.provider = provider
        self.discovery = discovery
        self.clock = clock
    }

    func find() async throws(DependencyFailure) -> Endpoints {
        if let configured { return configured }
        let known = found.withLock { $0 }
        if let known, clock.elapsed - known.at < Self.lifetime { return known.endpoints }
        let result = await flights.run(0) {
            let budget = FetchBudget(Self.deadline, clock: clock)
            switch await discovery.find(.authorization, at: places, expecting: expectation, budget: budget) {
            case .success(let document):
                guard let authorization = document.authorizationEndpoint, let token = document.tokenEndpoint else {
                    return .failure(failure("the metadata has no token_endpoint"))
                }
                let endpoints = Endpoints(
                    authorization: authorization, token: token, userInfo: document.userInfoEndpoint,
                    issuer: document.issuer, sendsIssuer: document.sendsIssuer)
                found.withLock { $0 = Found(endpoints: endpoints, at: clock.elapsed) }
                return .success(endpoints)
            case .failure(let reason): return .failure(failure(reason.detail))
            }
        }
        switch result {
        case .success(let endpoints): return endpoints
        case .failure(let reason):
            if let known { return known.endpoints }
            throw reason
        case nil: throw failure("the request was given up")
        }
    }

    private func failure(_ detail: String) -> DependencyFailure {
        DependencyFailure(.discovery, provider: provider, detail: detail)
    }
}
