// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateJOSE
package import GateOAuth

/// One identity provider of one protected resource, as far as its tokens are concerned.
package enum ProviderConfiguration: Sendable {
    case openIDConnect(OpenIDConnectConfiguration)
    case entra(EntraConfiguration)
    case google(GoogleConfiguration)
    case apple(AppleConfiguration)
    case gitHub(GitHubConfiguration)
    case facebook(FacebookConfiguration)
    case x(XConfiguration)
    case introspection(IntrospectionConfiguration)

    package var provider: ProviderID {
        switch self {
        case .openIDConnect(let configuration): configuration.provider
        case .entra(let configuration): configuration.provider
        case .google(let configuration): configuration.provider
        case .apple(let configuration): configuration.provider
        case .gitHub(let configuration): configuration.provider
        case .facebook(let configuration): configuration.provider
        case .x(let configuration): configuration.provider
        case .introspection(let configuration): configuration.provider
        }
    }

    /// What the operator allows its addresses to be.
    var network: NetworkAccess {
        switch self {
        case .openIDConnect(let configuration): configuration.network
        case .entra(let configuration): configuration.network
        case .google(let configuration): configuration.network
        case .apple(let configuration): configuration.network
        case .gitHub(let configuration): configuration.network
        case .facebook(let configuration): configuration.network
        case .x(let configuration): configuration.network
        case .introspection(let configuration): configuration.network
        }
    }
}

/// Any issuer of JWT access tokens: a custom OpenID Connect provider of Easy Auth, or an RFC 9068 server.
package struct OpenIDConnectConfiguration: Sendable {
    package var provider: ProviderID
    /// The `iss` of its tokens. When nil it is what the metadata at ``wellKnown`` says, if it fits that address.
    package var issuer: IssuerURL?
    /// Easy Auth's `wellKnownOpenIdConfiguration`; when nil the issuer's well-known places are tried.
    package var wellKnown: HTTPURL?
    /// Easy Auth's `certificationUri`: keys from here, without any metadata. ``wellKnown`` wins.
    package var keySet: HTTPURL?
    /// Keys that the operator supplies, in place of any address.
    package var keyDocument: [UInt8]?
    /// At least one of them must be in a token's `aud`: the resource's identifier, and what else is mapped to it.
    package var audiences: Set<String>
    package var algorithms: Set<JWAlgorithm>
    package var leeway: Duration
    package var types: Set<String>
    package var acceptsIDTokens: Bool
    package var requiredClaims: Set<String>
    package var mapping: ClaimsMapping
    package var network: NetworkAccess

    package init(
        provider: ProviderID, issuer: IssuerURL?, wellKnown: HTTPURL? = nil, keySet: HTTPURL? = nil,
        keyDocument: [UInt8]? = nil, audiences: Set<String>, algorithms: Set<JWAlgorithm> = JWAlgorithm.defaults,
        leeway: Duration = .seconds(60), types: Set<String> = ClaimChecks.accessTokenTypes,
        acceptsIDTokens: Bool = false, requiredClaims: Set<String> = [], mapping: ClaimsMapping = .openIDConnect,
        network: NetworkAccess = NetworkAccess()
    ) {
        self.provider = provider
        self.issuer = issuer
        self.wellKnown = wellKnown
        self.keySet = keySet
        self.keyDocument = keyDocument
        self.audiences = audiences
        self.algorithms = algorithms
        self.leeway = leeway
        self.types = types
        self.acceptsIDTokens = acceptsIDTokens
        self.requiredClaims = requiredClaims
        self.mapping = mapping
        self.network = network
    }
}

/// Microsoft Entra ID, also for personal Microsoft accounts.
package struct EntraConfiguration: Sendable {
    package var provider: ProviderID
    /// Easy Auth's `openIdIssuer`: v1.0 or v2.0, of one tenant or `common`, `organizations`, `consumers`.
    package var issuer: IssuerURL
    package var clientID: ClientID
    /// Besides ``clientID``, which always is one.
    package var allowedAudiences: Set<String>
    /// Easy Auth takes ID tokens as bearer tokens; MCP forbids it.
    package var acceptsIDTokens: Bool
    /// Where the metadata is, when not below the issuer.
    package var wellKnown: HTTPURL?
    package var algorithms: Set<JWAlgorithm>
    package var leeway: Duration
    package var mapping: ClaimsMapping
    package var network: NetworkAccess

    package init(
        provider: ProviderID = .entra, issuer: IssuerURL, clientID: ClientID, allowedAudiences: Set<String> = [],
        acceptsIDTokens: Bool = false, wellKnown: HTTPURL? = nil,
        algorithms: Set<JWAlgorithm> = JWAlgorithm.defaults, leeway: Duration = .seconds(60),
        mapping: ClaimsMapping = .entra, network: NetworkAccess = NetworkAccess()
    ) {
        self.provider = provider
        self.issuer = issuer
        self.clientID = clientID
        self.allowedAudiences = allowedAudiences
        self.acceptsIDTokens = acceptsIDTokens
        self.wellKnown = wellKnown
        self.algorithms = algorithms
        self.leeway = leeway
        self.mapping = mapping
        self.network = network
    }
}

/// How a client proves itself at the introspection endpoint (RFC 6749 §2.3.1).
package enum IntrospectionAuthentication: Sendable, Hashable { case clientSecretBasic, clientSecretPost }

/// What to make of an active token whose introspection names no audience.
package enum MissingAudienceRule: Sendable, Hashable {
    case refuse
    /// Accepted if it was issued to one of these clients.
    case acceptFromClients(Set<ClientID>)
    /// The server answers "active" only for tokens meant for us: the operator's word.
    case accept
}

/// An authorization server that is asked about tokens (RFC 7662).
package struct IntrospectionConfiguration: Sendable {
    package var provider: ProviderID
    package var issuer: IssuerURL
    /// Found in the issuer's metadata when nil.
    package var endpoint: HTTPURL?
    package var wellKnown: HTTPURL?
    package var clientID: ClientID
    package var clientSecret: Secret
    package var authentication: IntrospectionAuthentication
    package var audiences: Set<String>
    package var withoutAudience: MissingAudienceRule
    package var mapping: ClaimsMapping
    package var remembering: RemoteTokenValidator.Configuration
    package var network: NetworkAccess

    package init(
        provider: ProviderID, issuer: IssuerURL, endpoint: HTTPURL? = nil, wellKnown: HTTPURL? = nil,
        clientID: ClientID, clientSecret: Secret, authentication: IntrospectionAuthentication = .clientSecretBasic,
        audiences: Set<String>, withoutAudience: MissingAudienceRule = .refuse,
        mapping: ClaimsMapping = .openIDConnect,
        remembering: RemoteTokenValidator.Configuration = RemoteTokenValidator.Configuration(),
        network: NetworkAccess = NetworkAccess()
    ) {
        self.provider = provider
        self.issuer = issuer
        self.endpoint = endpoint
        self.wellKnown = wellKnown
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.authentication = authentication
        self.audiences = audiences
        self.withoutAudience = withoutAudience
        self.mapping = mapping
        self.remembering = remembering
        self.network = network
    }
}
