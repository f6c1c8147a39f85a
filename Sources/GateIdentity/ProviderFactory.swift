// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJOSE
import GateOAuth
import Logging

/// Turns provider configurations into validators, using key caches again that fit.
struct ProviderFactory {
    private let known: [JWKSCache.Configuration: JWKSCache]
    private let fetcher: any HTTPFetching
    private let clock: any IdentityClock
    private let refresh: KeyRefreshPolicy
    private let sharedAllowance: RefetchAllowance.Shared
    private let logger: Logger
    private let onLoad: @Sendable (Bool) -> Void
    /// The caches that the validators made so far read.
    private(set) var used: [JWKSCache.Configuration: JWKSCache] = [:]

    init(
        known: [JWKSCache.Configuration: JWKSCache], fetcher: any HTTPFetching, clock: any IdentityClock,
        refresh: KeyRefreshPolicy, sharedAllowance: RefetchAllowance.Shared, logger: Logger,
        onLoad: @escaping @Sendable (Bool) -> Void
    ) {
        self.known = known
        self.fetcher = fetcher
        self.clock = clock
        self.refresh = refresh
        self.sharedAllowance = sharedAllowance
        self.logger = logger
        self.onLoad = onLoad
    }

    mutating func parts(of provider: ProviderConfiguration) throws(IdentityError) -> [ProviderPart] {
        switch provider {
        case .openIDConnect(let configuration): [try openIDConnect(configuration)]
        case .entra(let configuration): [try entra(configuration)]
        case .google(let configuration): try google(configuration)
        case .apple(let configuration): [try apple(configuration)]
        case .gitHub(let configuration):
            [
                remote(
                    GitHubTokenCheck(
                        configuration: configuration,
                        api: api(configuration.provider, configuration.network.policy(for: configuration.api))),
                    configuration.remembering, configuration.issuer)
            ]
        case .facebook(let configuration):
            [
                remote(
                    FacebookTokenCheck(
                        configuration: configuration,
                        api: api(configuration.provider, configuration.network.policy(for: configuration.graph))),
                    configuration.remembering, configuration.issuer)
            ]
        case .x(let configuration):
            [
                remote(
                    XTokenCheck(
                        configuration: configuration,
                        api: api(configuration.provider, configuration.network.policy(for: configuration.api))),
                    configuration.remembering, configuration.issuer)
            ]
        case .introspection(let configuration): [try introspection(configuration)]
        }
    }

    // MARK: - Sign-in

    mutating func signIn(_ configuration: SignInConfiguration) throws(IdentityError) -> any SignInProvider {
        switch configuration {
        case .openIDConnect(let configuration): return try openIDSignIn(configuration)
        case .gitHub(let configuration, let scopes):
            return GitHubSignIn(
                configuration, scopes: scopes,
                api: api(configuration.provider, configuration.network.policy(for: configuration.api)), clock: clock)
        }
    }

    /// ID tokens are checked with the keys that access tokens are checked with.
    private mutating func openIDSignIn(
        _ configuration: OpenIDSignInConfiguration
    ) throws(IdentityError) -> any SignInProvider {
        let provider = configuration.tokens.provider
        guard let validator = try parts(of: configuration.tokens).compactMap(\.jwtValidator).first else {
            throw IdentityError(provider, "the provider issues no ID tokens")
        }
        var places: [HTTPURL] = []
        var expectation = IssuerExpectation.exactly([])
        let egress: EgressPolicy
        if let endpoints = configuration.endpoints {
            egress = configuration.tokens.network.policy(for: endpoints.token)
        } else if case .discovery(let found, let expected) = validator.keys.configuration.source.location {
            (places, expectation) = (found, expected)
            egress = validator.keys.configuration.source.egress
        } else if case .exactly(let issuers) = validator.configuration.issuer, let issuer = issuers.first,
            let found = MetadataPlaces.places(of: issuer)
        {
            // The keys are at a fixed place, the rest is in the metadata.
            (places, expectation) = (found, .exactly(issuers))
            egress = configuration.tokens.network.policy(for: found.first)
        } else {
            throw IdentityError(provider, "neither the endpoints nor the metadata of the provider are configured")
        }
        let endpoints = SignInEndpoints(
            configuration.endpoints.map { .init(authorization: $0.authorization, token: $0.token) }, places: places,
            expecting: expectation, provider: provider,
            discovery: OpenIDDiscovery(fetcher: fetcher, egress: egress), clock: clock)
        return OpenIDSignIn(
            configuration, endpoints: endpoints,
            idTokens: IDTokenValidator(validator, clientID: configuration.clientID),
            api: api(provider, egress), clock: clock)
    }

    // MARK: - JWTs

    private mutating func openIDConnect(
        _ configuration: OpenIDConnectConfiguration
    ) throws(IdentityError) -> ProviderPart {
        let provider = configuration.provider
        let network = configuration.network
        let rule: JWTAccessTokenValidator.IssuerRule
        let source: KeySource
        if let wellKnown = configuration.wellKnown, configuration.keyDocument == nil {
            let issuers: [IssuerURL]
            if let issuer = configuration.issuer {
                issuers = [issuer]
            } else if let derived = MetadataPlaces.issuers(at: wellKnown) {
                issuers = derived
            } else {
                throw IdentityError(provider, "the address of the metadata does not tell the issuer; configure it")
            }
            rule = .discovered(from: issuers)
            source = KeySource(.discovery([wellKnown], .exactly(issuers)), egress: network.policy(for: wellKnown))
        } else {
            guard let issuer = configuration.issuer else { throw IdentityError(provider, "no issuer is configured") }
            rule = .exactly([issuer])
            if let document = configuration.keyDocument {
                source = KeySource(.document(document), egress: .publicOnly)
            } else if let keySet = configuration.keySet {
                source = KeySource(.keySet(keySet), egress: network.policy(for: keySet))
            } else {
                source = try discovery(of: issuer, for: provider, network)
            }
        }
        return try jwt(
            .init(
                provider: provider, issuer: rule, audiences: configuration.audiences, leeway: configuration.leeway,
                types: configuration.types, acceptsIDTokens: configuration.acceptsIDTokens,
                requiredClaims: configuration.requiredClaims, mapping: configuration.mapping),
            source, configuration.algorithms,
            issuer: configuration.issuer?.rawValue ?? configuration.wellKnown?.description ?? "")
    }

    private mutating func entra(_ configuration: EntraConfiguration) throws(IdentityError) -> ProviderPart {
        let issuer = EntraIssuer(configuration.issuer)
        guard let place = configuration.wellKnown ?? MetadataPlaces.entraPlace(of: configuration.issuer) else {
            throw IdentityError(configuration.provider, "the issuer is not an address")
        }
        return try jwt(
            .init(
                provider: configuration.provider, issuer: .entra(issuer),
                audiences: configuration.allowedAudiences.union([configuration.clientID.rawValue]),
                leeway: configuration.leeway, acceptsIDTokens: configuration.acceptsIDTokens, requiresClient: true,
                mapping: configuration.mapping),
            KeySource(.discovery([place], .entra(issuer)), egress: configuration.network.policy(for: place)),
            configuration.algorithms, issuer: configuration.issuer.rawValue)
    }

    private mutating func google(_ configuration: GoogleConfiguration) throws(IdentityError) -> [ProviderPart] {
        var issuers = [configuration.issuer]
        // Google's older spelling, still in use.
        if configuration.issuer.rawValue == "https://accounts.google.com" {
            issuers.append(IssuerURL("accounts.google.com"))
        }
        let part = try jwt(
            .init(
                provider: configuration.provider, issuer: .exactly(issuers), audiences: configuration.audiences,
                acceptsIDTokens: true, mapping: .openIDConnect),
            try discovery(
                of: configuration.issuer, at: configuration.wellKnown, for: configuration.provider,
                configuration.network),
            JWAlgorithm.defaults, issuer: configuration.issuer.rawValue)
        guard configuration.acceptsOpaqueTokens else { return [part] }
        let check = GoogleTokenCheck(
            configuration: configuration,
            api: api(configuration.provider, configuration.network.policy(for: configuration.tokenInfo)))
        return [part, remote(check, configuration.remembering, configuration.issuer)]
    }

    private mutating func apple(_ configuration: AppleConfiguration) throws(IdentityError) -> ProviderPart {
        try jwt(
            .init(
                provider: configuration.provider, issuer: .exactly([configuration.issuer]),
                audiences: configuration.allowedAudiences.union([configuration.clientID.rawValue]),
                acceptsIDTokens: true, mapping: .openIDConnect),
            try discovery(
                of: configuration.issuer, at: configuration.wellKnown, for: configuration.provider,
                configuration.network),
            JWAlgorithm.defaults, issuer: configuration.issuer.rawValue)
    }

    private mutating func jwt(
        _ configuration: JWTAccessTokenValidator.Configuration, _ source: KeySource, _ algorithms: Set<JWAlgorithm>,
        issuer: String
    ) throws(IdentityError) -> ProviderPart {
        guard !configuration.audiences.isEmpty, !configuration.audiences.contains("") else {
            throw IdentityError(configuration.provider, "no audience is configured: no token could be for us")
        }
        guard !algorithms.isEmpty else { throw IdentityError(configuration.provider, "no algorithm is allowed") }
        let cache = cache(.init(source: source, algorithms: algorithms, refresh: refresh), configuration.provider)
        if cache.configuration.isFixed, cache.current() == nil {
            throw IdentityError(configuration.provider, cache.status().lastFailure ?? "the key set cannot be used")
        }
        return .jwt(JWTAccessTokenValidator(configuration, keys: cache, clock: clock), issuer: issuer)
    }

    private mutating func cache(_ configuration: JWKSCache.Configuration, _ provider: ProviderID) -> JWKSCache {
        if let cache = used[configuration] { return cache }
        var logger = logger
        logger[metadataKey: "gatehouse.provider"] = "\(provider)"
        let cache =
            known[configuration]
            ?? JWKSCache(
                configuration, fetcher: fetcher, clock: clock, sharedAllowance: sharedAllowance, logger: logger,
                onLoad: onLoad)
        used[configuration] = cache
        return cache
    }

    private func discovery(
        of issuer: IssuerURL, at wellKnown: HTTPURL? = nil, for provider: ProviderID, _ network: NetworkAccess
    ) throws(IdentityError) -> KeySource {
        guard let places = wellKnown.map({ [$0] }) ?? MetadataPlaces.places(of: issuer) else {
            throw IdentityError(provider, "the issuer is not an address; configure where its keys are")
        }
        return KeySource(.discovery(places, .exactly([issuer])), egress: network.policy(for: places.first))
    }

    // MARK: - Opaque tokens

    private func introspection(_ configuration: IntrospectionConfiguration) throws(IdentityError) -> ProviderPart {
        let provider = configuration.provider
        if configuration.withoutAudience != .accept, configuration.audiences.isEmpty {
            guard case .acceptFromClients(let clients) = configuration.withoutAudience, !clients.isEmpty else {
                throw IdentityError(provider, "no audience is configured: no token could be for us")
            }
        }
        let places = configuration.wellKnown.map { [$0] } ?? MetadataPlaces.places(of: configuration.issuer)
        guard let first = configuration.endpoint ?? places?.first else {
            throw IdentityError(provider, "neither an introspection endpoint nor where to find it is configured")
        }
        let egress = configuration.network.policy(for: first)
        let endpoint = IntrospectionEndpoint(
            configuration.endpoint, places: places ?? [], issuer: configuration.issuer, provider: provider,
            discovery: OpenIDDiscovery(fetcher: fetcher, egress: egress), clock: clock)
        let check = IntrospectionCheck(
            configuration: configuration,
            api: ProviderAPI(
                provider: provider, dependency: .introspection, fetcher: fetcher, egress: egress, clock: clock),
            endpoint: endpoint, clock: clock)
        return remote(check, configuration.remembering, configuration.issuer)
    }

    private func remote(
        _ check: any RemoteTokenCheck, _ remembering: RemoteTokenValidator.Configuration, _ issuer: IssuerURL
    ) -> ProviderPart {
        .remote(RemoteTokenValidator(check, remembering, clock: clock), issuer: issuer.rawValue)
    }

    private func api(_ provider: ProviderID, _ egress: EgressPolicy) -> ProviderAPI {
        ProviderAPI(provider: provider, dependency: .providerAPI, fetcher: fetcher, egress: egress, clock: clock)
    }
}
