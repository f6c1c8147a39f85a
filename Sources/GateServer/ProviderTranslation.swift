// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateIdentity
import GateJOSE
import GateOAuth

/// Turns one configured provider into the validators of its tokens.
struct ProviderTranslation {
    let provider: Settings.Provider
    let resourceAudiences: Set<String>

    init(provider: Settings.Provider, resourceAudiences: Set<String> = []) {
        self.provider = provider
        self.resourceAudiences = resourceAudiences
    }

    /// Operators configure their providers themselves: those may stand in private networks, strangers' addresses may not.
    /// Without TLS only where an operator wrote http: a document that came by https may not lead to where everybody listens.
    var network: NetworkAccess {
        let configured = [
            provider.issuer, provider.wellKnown, provider.keySetURL, provider.introspection?.endpoint,
            provider.authorizationEndpoint, provider.tokenEndpoint, provider.apiBaseURL,
        ]
        return NetworkAccess(
            allowsPrivateNetworks: true,
            allowsPlainHTTPInPrivateNetworks: configured.contains { $0?.lowercased().hasPrefix("http:") == true })
    }

    func configurations() throws(TranslationError) -> [ProviderConfiguration] {
        switch provider.kind {
        case .openIDConnect: return try openIDConnect()
        case .entra, .microsoftAccount: return [.entra(try entra())]
        case .google:
            guard
                let google = GoogleConfiguration(
                    clientID: try clientID(), allowedAudiences: audiences, tokenInfo: try url(provider.apiBaseURL))
            else { throw missing("tokeninfo address") }
            return [.google(google)]
        case .apple: return [.apple(AppleConfiguration(clientID: try clientID(), allowedAudiences: audiences))]
        case .gitHub:
            guard
                let gitHub = GitHubConfiguration(
                    clientID: try clientID(), clientSecret: try secret(provider.clientSecret),
                    api: try url(provider.apiBaseURL))
            else { throw missing("API address") }
            return [.gitHub(gitHub)]
        case .facebook:
            guard
                let facebook = FacebookConfiguration(
                    appID: try clientID(), appSecret: try secret(provider.clientSecret),
                    graph: try url(provider.apiBaseURL),
                    graphVersion: provider.graphAPIVersion ?? "v19.0")
            else { throw missing("graphApiVersion") }
            return [.facebook(facebook)]
        case .x:
            guard
                let x = XConfiguration(
                    api: try url(provider.apiBaseURL), acceptsUnboundTokens: provider.acceptsUnboundTokens)
            else {
                throw missing("API address")
            }
            return [.x(x)]
        }
    }

    private var audiences: Set<String> { resourceAudiences.union(provider.allowedAudiences) }

    private func openIDConnect() throws(TranslationError) -> [ProviderConfiguration] {
        var audiences = audiences
        if let clientID = provider.clientID { audiences.insert(clientID.rawValue) }
        var configurations: [ProviderConfiguration] = [
            .openIDConnect(
                OpenIDConnectConfiguration(
                    provider: provider.id, issuer: provider.issuer.map { IssuerURL($0) },
                    wellKnown: try url(provider.wellKnown),
                    keySet: try url(provider.keySetURL), audiences: audiences, algorithms: algorithms,
                    leeway: provider.clockSkew,
                    mapping: ClaimsMapping.openIDConnect.naming(by: provider.nameClaimType),
                    network: network))
        ]
        if let introspection = provider.introspection {
            let clientID = introspection.clientID ?? provider.clientID
            guard let clientID else { throw missing("introspection client id") }
            let issuer = provider.issuer ?? impliedIssuer
            configurations.append(
                .introspection(
                    IntrospectionConfiguration(
                        provider: provider.id, issuer: IssuerURL(issuer ?? ""),
                        endpoint: try url(introspection.endpoint),
                        wellKnown: try url(provider.wellKnown), clientID: clientID,
                        clientSecret: try secret(introspection.secret ?? provider.clientSecret),
                        authentication: introspection.authentication == .basic ? .clientSecretBasic : .clientSecretPost,
                        audiences: audiences, withoutAudience: .acceptFromClients(ownClients),
                        mapping: ClaimsMapping.openIDConnect.naming(by: provider.nameClaimType),
                        remembering: RemoteTokenValidator.Configuration(positiveLifetime: introspection.cache),
                        network: network)))
        }
        return configurations
    }

    /// Servers without RFC 8707 name no audience; then the token must have been issued to a client that was configured here.
    private var ownClients: Set<ClientID> {
        var clients = Set(provider.allowedApplications.map { ClientID($0) })
        if let own = provider.clientID { clients.insert(own) }
        return clients
    }

    private var impliedIssuer: String? {
        guard let wellKnown = provider.wellKnown, wellKnown.hasSuffix(WellKnownPaths.openIDConfiguration) else {
            return nil
        }
        return String(wellKnown.dropLast(WellKnownPaths.openIDConfiguration.count))
    }

    func entra() throws(TranslationError) -> EntraConfiguration {
        let issuer =
            provider.kind == .microsoftAccount
            ? "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0" : provider.issuer
        guard let issuer else { throw missing("openIdIssuer") }
        return EntraConfiguration(
            provider: provider.id, issuer: IssuerURL(issuer), clientID: try clientID(), allowedAudiences: audiences,
            wellKnown: try url(provider.wellKnown), algorithms: algorithms, leeway: provider.clockSkew,
            network: network)
    }

    var algorithms: Set<JWAlgorithm> {
        provider.algorithms.map { Set($0.compactMap(JWAlgorithm.init(rawValue:))) } ?? JWAlgorithm.defaults
    }

    func clientID() throws(TranslationError) -> ClientID {
        guard let clientID = provider.clientID else { throw missing("client id") }
        return clientID
    }

    func secret(_ secret: Secret?) throws(TranslationError) -> Secret {
        guard let secret else { throw missing("client secret") }
        return secret
    }

    func url(_ text: String?) throws(TranslationError) -> HTTPURL? {
        guard let text else { return nil }
        do { return try HTTPURL(text) } catch {
            throw TranslationError("\(provider.id): \(text): \(error.description)")
        }
    }

    func missing(_ what: String) -> TranslationError {
        TranslationError("\(provider.id): the \(what) is missing")
    }
}
