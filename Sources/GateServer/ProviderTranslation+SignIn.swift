// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateIdentity
import GateOAuth

extension ProviderTranslation {
    /// The provider as one to sign people in with.
    ///
    /// - Parameter isSecure: people come by https.
    func signIn(isSecure: Bool) throws(TranslationError) -> SignInConfiguration {
        switch provider.kind {
        case .openIDConnect:
            var configuration = try openID(
                .openIDConnect(
                    OpenIDConnectConfiguration(
                        provider: provider.id, issuer: provider.issuer.map { IssuerURL($0) },
                        wellKnown: try url(provider.wellKnown), keySet: try url(provider.keySetURL),
                        audiences: [try clientID().rawValue], algorithms: algorithms, leeway: provider.clockSkew,
                        types: Self.idTokenTypes, acceptsIDTokens: true, network: network)),
                ClaimsMapping.openIDConnect.naming(by: provider.nameClaimType))
            if let authorization = try url(provider.authorizationEndpoint), let token = try url(provider.tokenEndpoint)
            {
                configuration.endpoints = (authorization, token)
            }
            return .openIDConnect(configuration)
        case .entra, .microsoftAccount:
            var tokens = try entra()
            tokens.allowedAudiences = []
            tokens.acceptsIDTokens = true
            var configuration = try openID(.entra(tokens), .entra)
            // As Easy Auth does, which keeps the code out of addresses. Without https a browser sends no cookie along with such a form.
            configuration.usesFormPost = isSecure
            return .openIDConnect(configuration)
        case .google:
            guard let tokens = GoogleConfiguration(clientID: try clientID(), acceptsOpaqueTokens: false) else {
                throw missing("tokeninfo address")
            }
            return .openIDConnect(try openID(.google(tokens), .openIDConnect))
        case .gitHub:
            guard
                let gitHub = GitHubConfiguration(
                    clientID: try clientID(), clientSecret: try secret(provider.clientSecret),
                    api: try url(provider.apiBaseURL))
            else { throw missing("API address") }
            return .gitHub(gitHub, scopes: Scope(tokens: provider.scopes ?? ["read:user", "user:email"]))
        case .apple, .facebook, .x:
            throw TranslationError("\(provider.id): nobody can sign in with this provider in this release")
        }
    }

    private static let idTokenTypes: Set = ["JWT"]

    private func openID(
        _ tokens: ProviderConfiguration, _ mapping: ClaimsMapping
    ) throws(TranslationError) -> OpenIDSignInConfiguration {
        OpenIDSignInConfiguration(
            tokens: tokens, clientID: try clientID(), clientSecret: try secret(provider.clientSecret),
            authentication: provider.credentialMethod == .basic ? .clientSecretBasic : .clientSecretPost,
            scopes: Scope(tokens: provider.scopes ?? ["openid", "profile", "email"]),
            loginParameters: provider.loginParameters.map { ($0.name, $0.value) }, mapping: mapping)
    }
}
