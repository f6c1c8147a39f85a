// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Applies Easy Auth's application settings, `WEBSITE_AUTH_*`. An empty value is as good as none.
struct EnvironmentSettings {
    private let environment: [String: String]

    static let prefix = "WEBSITE_AUTH_"
    /// Those with a meaning here; `FILE_PATH` is the caller's business, `V2_CONFIG_JSON` the loader's.
    private static let known = [
        "ENABLED", "PRM_DEFAULT_WITH_SCOPES", "AAD_ALLOWED_TENANTS", "USE_LEGACY_CLAIMS", "V2_CONFIG_JSON",
        "FILE_PATH", "DEFAULT_PROVIDER", "OPENID_ISSUER", "CLIENT_ID", "AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL",
        "ENCRYPTION_KEY", "NONCE_DURATION", "LOGOUT_PATH",
    ]
    /// Those about sign-in and sessions that change nothing here.
    private static let withoutEffect = [
        "PRESERVE_URL_FRAGMENT", "DISABLE_IDENTITY_FLOW", "HIDE_DEPRECATED_SID", "VALIDATE_NONCE",
        "TOKEN_CONTAINER_SASURL", "SIGNING_KEY",
    ]
    /// Those that keep somebody out on App Service: to go on without them would let more people in than there.
    private static let restrictions = [
        "AAD_CLAIMS_AUTHORIZATION": "validation.jwtClaimChecks of auth.json says the same",
        "CUSTOM_AUTHZ_SETTINGS": "say it in auth.json",
    ]

    init(_ environment: [String: String]) { self.environment = environment }

    func value(_ name: String) -> String? {
        guard let text = environment[Self.prefix + name] else { return nil }
        let trimmed = Quantities.trim(text)
        return trimmed.isEmpty ? nil : trimmed
    }

    // MARK: The provider that the older settings describe

    /// The alias that `WEBSITE_AUTH_DEFAULT_PROVIDER` means: an alias, or the older names such as `AzureActiveDirectory`.
    private func defaultProvider() -> ProviderID? {
        guard let text = value("DEFAULT_PROVIDER") else { return nil }
        return Self.provider(named: text)
    }

    /// Any of the ways in which settings name a provider.
    static func provider(named text: String) -> ProviderID {
        let name = text.lowercased()
        let kind = Settings.Provider.Kind.allCases.first { kind in
            kind.alias?.rawValue == name || kind.section?.lowercased() == name
        }
        return kind?.alias ?? ProviderID(text)
    }

    /// Makes sure that the provider exists which `WEBSITE_AUTH_OPENID_ISSUER` and `WEBSITE_AUTH_CLIENT_ID` describe, and
    /// fills it in. Runs before gatehouse.yaml, which may refine it.
    func describeProvider(in state: inout LoadState) {
        let issuer = value("OPENID_ISSUER")
        let client = value("CLIENT_ID")
        guard issuer != nil || client != nil else { return }
        let alias = defaultProvider() ?? .entra
        let index: Int
        if let existing = state.settings.providers.firstIndex(where: { $0.id == alias }) {
            index = existing
        } else {
            let kind = Settings.Provider.Kind.allCases.first { $0.alias == alias } ?? .openIDConnect
            state.settings.providers.append(Settings.Provider(id: alias, kind: kind))
            index = state.settings.providers.count - 1
        }
        let provider = state.settings.providers[index]
        if let issuer {
            state.settings.providers[index].issuer = issuer
            state.origins[provider.issuerPath] = .environment(Self.prefix + "OPENID_ISSUER")
        }
        if let client {
            state.settings.providers[index].clientID = ClientID(client)
            state.origins[provider.clientIDPath] = .environment(Self.prefix + "CLIENT_ID")
        }
    }

    // MARK: The others

    func apply(to state: inout LoadState) {
        if let enabled = bool("ENABLED", "platform.enabled", &state) { state.settings.platformEnabled = enabled }
        if let legacy = bool("USE_LEGACY_CLAIMS", "WEBSITE_AUTH_USE_LEGACY_CLAIMS", &state) {
            state.settings.usesLegacyClaims = legacy
        }
        if let text = value("PRM_DEFAULT_WITH_SCOPES") {
            let name = Self.prefix + "PRM_DEFAULT_WITH_SCOPES"
            let tokens = text.split { $0 == "," || $0 == " " }.map(String.init)
            state.origins[name] = .environment(name)
            state.settings.prmScopes = Scope(tokens: tokens)
            for token in tokens where !state.settings.prmScopes.contains(token) {
                state.report(
                    .error, name, "\"\(token)\" is not a scope",
                    expected: "visible ASCII without quotes and backslashes (RFC 6749 section 3.3)")
            }
        }
        if let provider = defaultProvider() {
            state.settings.globalValidation.redirectToProvider = provider
            state.origins["globalValidation.redirectToProvider"] = .environment(Self.prefix + "DEFAULT_PROVIDER")
        }
        signIn(&state)
        let objectIDs = "AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL"
        if let required = bool(objectIDs, Self.prefix + objectIDs, &state) {
            state.settings.requiresObjectID = required
            if required, !state.settings.providers.contains(where: { $0.kind == .entra }) {
                state.report(
                    .warning, Self.prefix + objectIDs, "has no effect: Entra ID is not among the providers")
            }
        }
        if let text = value("AAD_ALLOWED_TENANTS") {
            let name = Self.prefix + "AAD_ALLOWED_TENANTS"
            state.origins[name] = .environment(name)
            let entra = state.settings.providers.indices.filter { state.settings.providers[$0].kind == .entra }
            if entra.isEmpty { state.report(.warning, name, "has no effect: Entra ID is not among the providers") }
            for index in entra { state.settings.providers[index].allowedTenants = Quantities.list(text) }
        }
        reportOthers(&state)
    }

    private func signIn(_ state: inout LoadState) {
        if let path = value("LOGOUT_PATH") {
            state.settings.signIn.logoutEndpoint = path
            state.origins["login.routes.logoutEndpoint"] = .environment(Self.prefix + "LOGOUT_PATH")
        }
        guard let text = value("NONCE_DURATION") else { return }
        let setting = "login.nonce.nonceExpirationInterval"
        state.origins[setting] = .environment(Self.prefix + "NONCE_DURATION")
        if let interval = Quantities.timeSpan(text) {
            state.settings.signIn.attemptLifetime = interval
        } else {
            state.report(.error, setting, "\"\(text)\" does not fit", expected: "hh:mm:ss, as in 00:05:00")
        }
    }

    private func bool(_ name: String, _ path: String, _ state: inout LoadState) -> Bool? {
        guard let text = value(name) else { return nil }
        state.origins[path] = .environment(Self.prefix + name)
        guard let flag = Quantities.bool(text) else {
            state.report(.error, path, "\"\(text)\" does not fit", expected: "true or false")
            return nil
        }
        return flag
    }

    private func reportOthers(_ state: inout LoadState) {
        // A secret may be kept under such a name.
        let secrets = state.settings.providers.flatMap {
            [$0.clientSecretSettingName, $0.introspection?.secretSettingName]
        }
        for key in environment.keys.sorted() where key.hasPrefix(Self.prefix) && !secrets.contains(key) {
            let name = String(key.dropFirst(Self.prefix.count))
            guard !Self.known.contains(name), value(name) != nil else { continue }
            if let instead = Self.restrictions[name] {
                guard Quantities.bool(environment[key] ?? "") != false else { continue }
                state.diagnostics.append(
                    ConfigDiagnostic(
                        .error, key, "restricts who may pass, and is not enforced in this release",
                        file: "environment \(key)", suggestion: instead))
            } else if Self.withoutEffect.contains(name) || name.hasPrefix("CUSTOM_IDP_") {
                state.diagnostics.append(
                    ConfigDiagnostic(
                        .note, key, "has no effect in this release", file: "environment \(key)"))
            } else {
                let nearest = NearestName.find(key, among: (Self.known + Self.withoutEffect).map { Self.prefix + $0 })
                state.diagnostics.append(
                    ConfigDiagnostic(
                        .warning, key, "unknown setting", file: "environment \(key)",
                        suggestion: nearest.map { "did you mean \($0)?" }))
            }
        }
    }
}

extension Settings.Provider {
    /// Where authsettingsV2 has the issuer.
    var issuerPath: String {
        switch kind {
        case .openIDConnect: "\(settingsPath).registration.openIdConnectConfiguration.issuer"
        case .entra, .google, .gitHub, .apple, .facebook, .x, .microsoftAccount:
            "\(settingsPath).registration.openIdIssuer"
        }
    }

    /// Where authsettingsV2 has the client ID.
    var clientIDPath: String {
        switch kind {
        case .facebook: "\(settingsPath).registration.appId"
        case .x: "\(settingsPath).registration.consumerKey"
        case .entra, .google, .gitHub, .apple, .microsoftAccount, .openIDConnect:
            "\(settingsPath).registration.clientId"
        }
    }

    /// Where authsettingsV2 has the name of the secret.
    var secretPath: String {
        switch kind {
        case .facebook: "\(settingsPath).registration.appSecretSettingName"
        case .x: "\(settingsPath).registration.consumerSecretSettingName"
        case .openIDConnect: "\(settingsPath).registration.clientCredential.clientSecretSettingName"
        case .entra, .google, .gitHub, .apple, .microsoftAccount:
            "\(settingsPath).registration.clientSecretSettingName"
        }
    }
}
