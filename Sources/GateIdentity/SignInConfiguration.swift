// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

/// A provider to sign people in with, as configured.
package enum SignInConfiguration: Sendable {
    case openIDConnect(OpenIDSignInConfiguration)
    case gitHub(GitHubConfiguration, scopes: Scope)

    package var provider: ProviderID {
        switch self {
        case .openIDConnect(let configuration): configuration.tokens.provider
        case .gitHub(let configuration, _): configuration.provider
        }
    }
}

/// Any OpenID provider: what is asked of it, and how its ID tokens are checked.
package struct OpenIDSignInConfiguration: Sendable {
    /// The provider as the issuer of tokens: where its metadata and keys are, which issuer is expected.
    package var tokens: ProviderConfiguration
    package var clientID: ClientID
    package var clientSecret: Secret
    package var authentication: IntrospectionAuthentication
    /// Easy Auth's `authorizationEndpoint` and `tokenEndpoint`, for a provider without metadata.
    package var endpoints: (authorization: HTTPURL, token: HTTPURL)?
    package var scopes: Scope
    /// `login.loginParameters`; `scope` and `resource` among them replace what would be asked otherwise.
    package var loginParameters: [(name: String, value: String)]
    package var usesFormPost: Bool
    package var mapping: ClaimsMapping

    package init(
        tokens: ProviderConfiguration, clientID: ClientID, clientSecret: Secret,
        authentication: IntrospectionAuthentication = .clientSecretPost,
        endpoints: (authorization: HTTPURL, token: HTTPURL)? = nil, scopes: Scope = ["openid", "profile", "email"],
        loginParameters: [(name: String, value: String)] = [], usesFormPost: Bool = false,
        mapping: ClaimsMapping = .openIDConnect
    ) {
        self.tokens = tokens
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.authentication = authentication
        self.endpoints = endpoints
        self.scopes = scopes
        self.loginParameters = loginParameters
        self.usesFormPost = usesFormPost
        self.mapping = mapping
    }
}
