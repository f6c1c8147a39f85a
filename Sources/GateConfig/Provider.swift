// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

extension Settings {
    /// One identity provider: its registration of authsettingsV2 with what gatehouse.yaml adds.
    package struct Provider: Sendable {
        package var id: ProviderID
        package var kind: Kind
        /// Where authsettingsV2 has it, as in `identityProviders.google`.
        package var settingsPath: String
        package var isEnabled = true
        package var clientID: ClientID?
        /// The name under which the secret is looked up.
        package var clientSecretSettingName: String?
        /// What was found under ``clientSecretSettingName``; nil when nothing was.
        package var clientSecret: Secret?
        /// Exactly as the provider's tokens spell it. Google's, Apple's and the like are known and stay nil.
        package var issuer: String?
        /// `wellKnownOpenIdConfiguration`: the metadata document's own address.
        package var wellKnown: String?
        /// `certificationUri`: the key set, without any discovery.
        package var keySetURL: String?
        /// Besides the client ID and the resource itself.
        package var allowedAudiences: [String] = []
        /// `defaultAuthorizationPolicy.allowedApplications`.
        package var allowedApplications: [String] = []
        /// `defaultAuthorizationPolicy.allowedPrincipals.identities`.
        package var allowedIdentities: [String] = []
        /// `defaultAuthorizationPolicy.allowedPrincipals.groups`.
        package var allowedGroups: [String] = []
        /// `jwtClaimChecks.allowedClientApplications`.
        package var claimCheckClients: [String] = []
        /// `jwtClaimChecks.allowedGroups`.
        package var claimCheckGroups: [String] = []
        /// `WEBSITE_AUTH_AAD_ALLOWED_TENANTS`, Entra only; nil for every tenant that the issuer admits.
        package var allowedTenants: [String]?
        /// `login.disableWWWAuthenticate`: leaves `authorization_uri` out of the challenge.
        package var disablesWWWAuthenticate = false
        package var nameClaimType: String?
        /// JWS algorithm names; the built-in set when nil.
        package var algorithms: [String]?
        /// At most 60 s.
        package var clockSkew = Duration.seconds(60)
        /// Where a GitHub Enterprise's, or a test's, programming interface is.
        package var apiBaseURL: String?
        /// Facebook's `graphApiVersion`.
        package var graphAPIVersion: String?
        /// X only: whether tokens are accepted although nothing binds them to our app.
        package var acceptsUnboundTokens = false
        package var introspection: Introspection?
        /// `authorizationEndpoint` and `tokenEndpoint` of a custom provider that has no metadata.
        package var authorizationEndpoint: String?
        package var tokenEndpoint: String?
        /// `clientCredential.method`.
        package var credentialMethod = CredentialMethod.post
        /// `login.scopes`: what a sign-in asks for; the provider's usual ones when nil.
        package var scopes: [String]?
        /// `login.loginParameters`: sent to the provider with every sign-in.
        package var loginParameters: [LoginParameter] = []
        /// `login.loginParameterNames`: what else a link to the sign-in may hand to the provider.
        package var loginParameterNames: [String] = []

        package struct LoginParameter: Sendable, Hashable {
            package var name: String
            package var value: String

            package init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        /// How the client proves itself at the token endpoint; authsettingsV2 knows the first one.
        package enum CredentialMethod: String, Sendable, CaseIterable {
            case post = "ClientSecretPost"
            case basic = "ClientSecretBasic"
        }

        /// - Parameter settingsPath: what authsettingsV2 calls it when nil.
        package init(id: ProviderID, kind: Kind, settingsPath: String? = nil) {
            self.id = id
            self.kind = kind
            let section = kind.section ?? "customOpenIdConnectProviders.\(id)"
            self.settingsPath = settingsPath ?? "identityProviders.\(section)"
        }

        /// What sort of provider this is; decides how its tokens are checked.
        package enum Kind: String, Sendable, CaseIterable {
            case entra, google, gitHub, apple, facebook, x, microsoftAccount, openIDConnect

            /// Its member of `identityProviders`; nil for custom providers.
            package var section: String? {
                switch self {
                case .entra: "azureActiveDirectory"
                case .google: "google"
                case .gitHub: "gitHub"
                case .apple: "apple"
                case .facebook: "facebook"
                case .x: "twitter"
                case .microsoftAccount: "legacyMicrosoftAccount"
                case .openIDConnect: nil
                }
            }

            /// The alias of the only provider of this kind; nil for custom providers.
            package var alias: ProviderID? {
                switch self {
                case .entra: .entra
                case .google: .google
                case .gitHub: .gitHub
                case .apple: .apple
                case .facebook: .facebook
                case .x: .x
                case .microsoftAccount: .microsoftAccount
                case .openIDConnect: nil
                }
            }
        }
    }

    /// How an authorization server is asked about tokens (RFC 7662).
    package struct Introspection: Sendable {
        /// Found in the issuer's metadata when nil.
        package var endpoint: String?
        /// The provider's own when nil.
        package var clientID: ClientID?
        package var secretSettingName: String?
        package var secret: Secret?
        package var authentication = Authentication.basic
        /// How long an answer is believed at most.
        package var cache = Duration.seconds(60)

        package init() {}

        package enum Authentication: String, Sendable, CaseIterable {
            /// `client_secret_basic` (RFC 6749 §2.3.1).
            case basic
            /// `client_secret_post`.
            case post
        }
    }
}
