// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

extension Settings {
    /// Browser sign-in: `login` of authsettingsV2, and `signIn` of gatehouse.yaml.
    package struct SignIn: Sendable, Hashable {
        /// `login.cookieExpiration.convention`: when a session ends.
        package enum Expiration: String, Sendable, CaseIterable {
            /// ``lifetime`` after the sign-in.
            case fixedTime = "FixedTime"
            /// With the provider's token, and not later than ``lifetime`` after the sign-in.
            case identityProviderDerived = "IdentityProviderDerived"
        }

        /// `login.routes.logoutEndpoint`: a further path that signs out.
        package var logoutEndpoint: String?
        /// `login.allowedExternalRedirectUrls`: where else a sign-in or sign-out may lead.
        package var allowedExternalRedirectURLs: [String] = []
        package var expiration = Expiration.fixedTime
        /// `login.cookieExpiration.timeToExpiration`.
        package var lifetime = Duration.seconds(8 * 3_600)
        /// `login.nonce.nonceExpirationInterval`: how long a person may take at the provider.
        package var attemptLifetime = Duration.seconds(600)
        /// Easy Auth's name for the cookie; a prefix such as `__Host-` is part of it.
        package var cookieName = "AppServiceAuthSession"
        /// The settings that hold the keys which session cookies are sealed with; the first one seals, all open.
        package var keySettingNames: [String] = []
        /// What was found under ``keySettingNames``.
        package var keys: [Secret] = []

        package init() {}
    }
}

extension Settings.Provider {
    /// Whether people can be signed in with it: the registration has a secret, and its kind of provider has a sign-in of its own.
    package var signsIn: Bool {
        guard isEnabled, clientID != nil, clientSecret != nil else { return false }
        switch kind {
        case .openIDConnect, .entra, .google, .microsoftAccount, .gitHub: return true
        case .apple, .facebook, .x: return false
        }
    }
}
