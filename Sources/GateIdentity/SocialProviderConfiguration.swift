// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
package import GateOAuth

/// Google: ID tokens for our client as Easy Auth accepts them, and opaque access tokens issued to our client.
package struct GoogleConfiguration: Sendable {
    package var provider: ProviderID
    package var issuer: IssuerURL
    package var clientID: ClientID
    /// Besides ``clientID``, which always is one.
    package var allowedAudiences: Set<String>
    package var acceptsOpaqueTokens: Bool
    package var tokenInfo: HTTPURL
    package var wellKnown: HTTPURL?
    package var remembering: RemoteTokenValidator.Configuration
    package var network: NetworkAccess

    /// - Parameter tokenInfo: Google's own when nil.
    package init?(
        provider: ProviderID = .google, issuer: IssuerURL = IssuerURL("https://accounts.google.com"),
        clientID: ClientID, allowedAudiences: Set<String> = [], acceptsOpaqueTokens: Bool = true,
        tokenInfo: HTTPURL? = nil, wellKnown: HTTPURL? = nil,
        remembering: RemoteTokenValidator.Configuration = RemoteTokenValidator.Configuration(),
        network: NetworkAccess = NetworkAccess()
    ) {
        guard let tokenInfo = tokenInfo ?? (try? HTTPURL("https://oauth2.googleapis.com/tokeninfo")) else { return nil }
        self.provider = provider
        self.issuer = issuer
        self.clientID = clientID
        self.allowedAudiences = allowedAudiences
        self.acceptsOpaqueTokens = acceptsOpaqueTokens
        self.tokenInfo = tokenInfo
        self.wellKnown = wellKnown
        self.remembering = remembering
        self.network = network
    }

    var audiences: Set<String> { allowedAudiences.union([clientID.rawValue]) }
}

/// Apple: ID tokens for our Services ID; its access tokens are of no use to anybody else.
package struct AppleConfiguration: Sendable {
    package var provider: ProviderID
    package var issuer: IssuerURL
    package var clientID: ClientID
    package var allowedAudiences: Set<String>
    package var wellKnown: HTTPURL?
    package var network: NetworkAccess

    package init(
        provider: ProviderID = .apple, issuer: IssuerURL = IssuerURL("https://appleid.apple.com"), clientID: ClientID,
        allowedAudiences: Set<String> = [], wellKnown: HTTPURL? = nil, network: NetworkAccess = NetworkAccess()
    ) {
        self.provider = provider
        self.issuer = issuer
        self.clientID = clientID
        self.allowedAudiences = allowedAudiences
        self.wellKnown = wellKnown
        self.network = network
    }
}

/// GitHub or GitHub Enterprise: users' tokens of our own OAuth or GitHub app.
package struct GitHubConfiguration: Sendable {
    package var provider: ProviderID
    package var issuer: IssuerURL
    package var clientID: ClientID
    package var clientSecret: Secret
    package var api: HTTPURL
    package var remembering: RemoteTokenValidator.Configuration
    package var network: NetworkAccess

    /// - Parameter api: `https://api.github.com` when nil; `https://HOST/api/v3` for GitHub Enterprise.
    package init?(
        provider: ProviderID = .gitHub, issuer: IssuerURL = IssuerURL("https://github.com"), clientID: ClientID,
        clientSecret: Secret, api: HTTPURL? = nil,
        remembering: RemoteTokenValidator.Configuration = RemoteTokenValidator.Configuration(),
        network: NetworkAccess = NetworkAccess()
    ) {
        guard let api = api ?? (try? HTTPURL("https://api.github.com")) else { return nil }
        self.provider = provider
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.api = api
        self.remembering = remembering
        self.network = network
    }
}

/// Facebook: users' access tokens of our own app.
package struct FacebookConfiguration: Sendable {
    package var provider: ProviderID
    package var issuer: IssuerURL
    package var appID: ClientID
    package var appSecret: Secret
    package var graph: HTTPURL
    package var graphVersion: String
    package var remembering: RemoteTokenValidator.Configuration
    package var network: NetworkAccess

    /// - Parameters:
    ///   - graph: `https://graph.facebook.com` when nil.
    ///   - graphVersion: Easy Auth's `graphApiVersion`, for example `v19.0`.
    package init?(
        provider: ProviderID = .facebook, issuer: IssuerURL = IssuerURL("https://www.facebook.com"), appID: ClientID,
        appSecret: Secret, graph: HTTPURL? = nil, graphVersion: String = "v19.0",
        remembering: RemoteTokenValidator.Configuration = RemoteTokenValidator.Configuration(),
        network: NetworkAccess = NetworkAccess()
    ) {
        guard let graph = graph ?? (try? HTTPURL("https://graph.facebook.com")),
            !graphVersion.isEmpty, FetchRequest.percentEncoded(graphVersion) == graphVersion
        else { return nil }
        self.provider = provider
        self.issuer = issuer
        self.appID = appID
        self.appSecret = appSecret
        self.graph = graph
        self.graphVersion = graphVersion
        self.remembering = remembering
        self.network = network
    }
}

/// X: its tokens cannot be bound to an app, so that none is accepted unless the operator says so.
package struct XConfiguration: Sendable {
    package var provider: ProviderID
    package var issuer: IssuerURL
    package var api: HTTPURL
    /// Whether a token that a user gave to any other app works here too.
    package var acceptsUnboundTokens: Bool
    package var remembering: RemoteTokenValidator.Configuration
    package var network: NetworkAccess

    /// - Parameter api: `https://api.x.com` when nil.
    package init?(
        provider: ProviderID = .x, issuer: IssuerURL = IssuerURL("https://x.com"), api: HTTPURL? = nil,
        acceptsUnboundTokens: Bool = false,
        remembering: RemoteTokenValidator.Configuration = RemoteTokenValidator.Configuration(),
        network: NetworkAccess = NetworkAccess()
    ) {
        guard let api = api ?? (try? HTTPURL("https://api.x.com")) else { return nil }
        self.provider = provider
        self.issuer = issuer
        self.api = api
        self.acceptsUnboundTokens = acceptsUnboundTokens
        self.remembering = remembering
        self.network = network
    }
}
