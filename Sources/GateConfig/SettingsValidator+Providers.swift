// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

extension SettingsValidator {
    private static let algorithms = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
    ]

    mutating func providers() {
        let settings = state.settings
        guard settings.platformEnabled else {
            warn("platform.enabled", "is false: every request is let through without a token")
            return
        }
        let enabled = settings.providers.filter(\.isEnabled)
        if enabled.isEmpty {
            error(
                "identityProviders", "no provider is enabled, so that no token could be accepted",
                suggestion: "enable one in auth.json, or set WEBSITE_AUTH_OPENID_ISSUER and WEBSITE_AUTH_CLIENT_ID")
        }
        for provider in enabled { validate(provider) }
        login(enabled)
    }

    private mutating func login(_ enabled: [Settings.Provider]) {
        let validation = state.settings.globalValidation
        let path = "globalValidation.unauthenticatedClientAction"
        if validation.unauthenticatedClientAction == .redirectToLoginPage, state.origins[path] != nil,
            !enabled.contains(where: \.signsIn)
        {
            note(
                path, "no provider has what a sign-in needs: programs and browsers get 401",
                suggestion: "name the registration's secret in clientSecretSettingName, or set Return401")
        }
        signIn(enabled)
        guard let wanted = validation.redirectToProvider?.rawValue else { return }
        let alias = EnvironmentSettings.provider(named: wanted)
        if !enabled.contains(where: { $0.id == alias }) {
            warn(
                "globalValidation.redirectToProvider", "\(wanted) is not an enabled provider",
                suggestion: NearestName.find(wanted, among: enabled.map(\.id.rawValue)).map { "did you mean \($0)?" })
        }
    }

    private mutating func signIn(_ enabled: [Settings.Provider]) {
        let signIn = state.settings.signIn
        for (index, key) in signIn.keys.enumerated() {
            let digits = key.revealed.utf8.count
            let path = "signIn.keySettingNames[\(index)]"
            if signIn.keys[..<index].contains(key) { error(path, "is the same key as one before it") }
            if digits < 32 || Set(key.revealed.utf8).count < 8 {
                error(
                    path, digits < 32 ? "the key has \(digits) characters" : "the key is no random one",
                    expected: "64 hexadecimal digits, or at least 32 characters of randomness",
                    suggestion: "openssl rand -hex 32 makes one")
            }
        }
        if signIn.keySettingNames.isEmpty, enabled.contains(where: \.signsIn) {
            let isWanted = state.settings.globalValidation.unauthenticatedClientAction == .redirectToLoginPage
            let message = "are not set: everybody is signed out when the process ends"
            let hint = "put 64 hexadecimal digits (openssl rand -hex 32) into a setting, and name it here"
            if isWanted {
                warn("signIn.keySettingNames", message, suggestion: hint)
            } else {
                note("signIn.keySettingNames", message, suggestion: hint)
            }
        }
        let isToken: (UInt8) -> Bool = {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E
        }
        let name = signIn.cookieName
        if name.utf8.count > 64 || !name.utf8.allSatisfy(isToken) || name.hasSuffix(".") {
            error(
                "signIn.cookieName", "is not the name of a cookie",
                expected: "letters, digits, '_', '-' and, inside, '.', at most 64")
        }
        if name.lowercased().hasPrefix("__host-") || name.lowercased().hasPrefix("__secure-"),
            state.settings.publicURL?.scheme == .http
        {
            error("signIn.cookieName", "browsers take a cookie of this name over https only, and publicURL is http")
        }
        for (path, time) in [
            ("login.cookieExpiration.timeToExpiration", signIn.lifetime),
            ("login.nonce.nonceExpirationInterval", signIn.attemptLifetime),
        ] where time <= .zero {
            error(path, "is zero")
        }
        if let path = signIn.logoutEndpoint, let fault = Self.fault(inPath: path) {
            error("login.routes.logoutEndpoint", "\"\(path)\" \(fault)", expected: "a path, as in /signout")
        }
    }

    private mutating func validate(_ provider: Settings.Provider) {
        let path = provider.settingsPath
        let refined = "providers.\(provider.id)"
        let isName = provider.id.rawValue.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x5F || $0 == 0x2D
        }
        if provider.id.rawValue.isEmpty || !isName {
            error(path, "the alias cannot stand in a path", expected: "letters, digits, '-' and '_'")
        }
        if provider.clientID == nil, provider.kind != .x {
            error(provider.clientIDPath, "is missing", expected: "the client ID of the registration")
        }
        issuer(of: provider)
        secret(of: provider)
        if provider.clockSkew > .seconds(60) {
            error(
                "\(refined).clockSkew", "\(Quantities.formatted(provider.clockSkew)) is too long",
                expected: "at most 60s")
        }
        if let algorithms = provider.algorithms {
            if algorithms.isEmpty { error("\(refined).algorithms", "is empty") }
            for (index, name) in algorithms.enumerated() where !Self.algorithms.contains(name) {
                error(
                    "\(refined).algorithms[\(index)]", "\(name) is not a signature that can be trusted here",
                    expected: Self.algorithms.joined(separator: ", "))
            }
        }
        if let base = provider.apiBaseURL { url(base, "\(refined).apiBaseURL", "an https URL") }
        if provider.kind == .x, !provider.acceptsUnboundTokens {
            warn(
                path, "no token of X is accepted, since nothing binds one to an application",
                suggestion: "\(refined).acceptUnboundTokens: true accepts what any application holds")
        }
        guard let introspection = provider.introspection else { return }
        if provider.kind != .openIDConnect, provider.kind != .entra {
            error("\(refined).introspection", "is for custom OpenID Connect providers")
            return
        }
        if introspection.secret == nil {
            error(
                "\(refined).introspection", "the secret is missing",
                expected: introspection.secretSettingName.map { "the environment variable \($0)" }
                    ?? "clientSecretSettingName")
        }
        if introspection.clientID == nil { error("\(refined).introspection", "clientId is missing") }
        if let endpoint = introspection.endpoint {
            address(endpoint, "\(refined).introspection.endpoint", "the introspection endpoint's URL")
        }
    }

    private mutating func issuer(of provider: Settings.Provider) {
        let path = provider.settingsPath
        let section = "\(path).registration.openIdConnectConfiguration"
        switch provider.kind {
        case .entra:
            guard let issuer = provider.issuer else {
                error(
                    provider.issuerPath, "is missing",
                    expected: "as in https://login.microsoftonline.com/<tenant>/v2.0")
                return
            }
            guard let url = address(issuer, provider.issuerPath, "an https URL") else { return }
            let authorities = ["common", "organizations"]
            let tenant = url.path.split(separator: "/").first.map(String.init) ?? ""
            if authorities.contains(tenant.lowercased()), provider.allowedTenants == nil {
                warn(
                    provider.issuerPath, "admits every tenant of Entra ID",
                    suggestion: "list the tenants in WEBSITE_AUTH_AAD_ALLOWED_TENANTS")
            }
        case .openIDConnect:
            if provider.issuer == nil, provider.wellKnown == nil {
                error(provider.issuerPath, "is missing", expected: "issuer or wellKnownOpenIdConfiguration")
            }
            if let issuer = provider.issuer { address(issuer, provider.issuerPath, "an https URL") }
            if let keys = provider.keySetURL { address(keys, "\(section).certificationUri", "an https URL") }
            if let wellKnown = provider.wellKnown {
                address(wellKnown, "\(section).wellKnownOpenIdConfiguration", "an https URL")
            }
        case .google, .gitHub, .apple, .facebook, .x, .microsoftAccount:
            break
        }
    }

    /// An address from which keys or verdicts come.
    @discardableResult
    private mutating func address(_ text: String, _ path: String, _ expected: String) -> HTTPURL? {
        guard let url = url(text, path, expected) else { return nil }
        if url.scheme == .http, !url.isLoopback {
            warn(path, "is http: whoever is on the way can decide which tokens are good", suggestion: "use https")
        }
        return url
    }

    private mutating func secret(of provider: Settings.Provider) {
        let path = provider.secretPath
        switch provider.kind {
        case .gitHub, .facebook:
            guard provider.clientSecret == nil else { return }
            error(
                path, "the secret is missing, without which the provider does not say whose token it is",
                expected: provider.clientSecretSettingName.map { "the environment variable \($0)" }
                    ?? "the name of an environment variable")
        case .entra, .google, .apple, .x, .microsoftAccount, .openIDConnect:
            guard let name = provider.clientSecretSettingName else { return }
            if name == "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID" {
                note(path, "a managed identity's assertion has no effect in this release")
            } else if provider.clientSecret == nil, provider.introspection == nil {
                note(
                    path, "nothing is set under \(name): nobody can sign in with \(provider.id)",
                    suggestion: "set it for sign-in; tokens are accepted without it")
            } else if !provider.signsIn, provider.introspection?.secretSettingName != name {
                note(path, "has no effect in this release: there is no sign-in with \(provider.id)")
            }
        }
    }

    // MARK: Scopes

    /// What clients are going to ask the provider for.
    mutating func scopes() {
        let settings = state.settings
        let prm = "WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES"
        offline(settings.prmScopes, prm)
        for (index, resource) in settings.resources.enumerated() {
            offline(resource.scopes, "resources[\(index)].scopes")
            offline(resource.requiredScopes, "resources[\(index)].requiredScopes")
        }
        guard settings.providers.contains(where: { $0.isEnabled && $0.kind == .entra }) else { return }
        if settings.resources.isEmpty { mismatch(settings.prmScopes, identifier: nil, prm) }
        for (index, resource) in settings.resources.enumerated() {
            if resource.scopes.isEmpty {
                mismatch(settings.prmScopes, identifier: resource.identifier, prm)
            } else {
                mismatch(resource.scopes, identifier: resource.identifier, "resources[\(index)].scopes")
            }
        }
    }

    private mutating func offline(_ scopes: Scope, _ path: String) {
        guard scopes.contains("offline_access") else { return }
        warn(
            path, "offline_access is not a scope of this resource",
            suggestion: "clients ask their provider for refresh tokens themselves; remove it")
    }

    /// Entra ID answers AADSTS9010010 when `resource` and the scope's application ID URI differ.
    private mutating func mismatch(_ scopes: Scope, identifier: String?, _ path: String) {
        guard let scope = scopes.tokens.first(where: { $0.hasPrefix("api://") }),
            identifier?.hasPrefix("http") ?? true
        else { return }
        let message =
            "Entra ID is going to answer AADSTS9010010: \(scope) belongs to another resource than the https one"
        let isKnown = state.diagnostics.contains { $0.path == path && $0.message == message }
        guard !isKnown else { return }
        warn(
            path, message,
            suggestion: "add the resource's https address as an Application ID URI, and name the scope after it")
    }
}
