// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension AuthSettingsDocument {
    /// Reads `login`, which is about browsers.
    mutating func login(_ document: DocumentReader.Object, _ settings: inout Settings) {
        let keys = [
            "routes", "tokenStore", "preserveUrlFragmentsForLogins", "allowedExternalRedirectUrls", "cookieExpiration",
            "nonce",
        ]
        guard let login = reader.object(document, "login", keys: keys) else { return }
        let routes = reader.object(login, "routes", keys: ["logoutEndpoint"])
        settings.signIn.logoutEndpoint = reader.nonEmptyString(routes, "logoutEndpoint")
        if let urls = reader.strings(login, "allowedExternalRedirectUrls") {
            settings.signIn.allowedExternalRedirectURLs = urls
        }
        cookieExpiration(login, &settings)
        nonce(login, &settings)
        tokenStore(login)
        if reader.bool(login, "preserveUrlFragmentsForLogins") == true {
            withoutEffect(login, "preserveUrlFragmentsForLogins", "what stands behind # is lost")
        }
    }

    private mutating func cookieExpiration(_ login: DocumentReader.Object, _ settings: inout Settings) {
        let section = reader.object(login, "cookieExpiration", keys: ["convention", "timeToExpiration"])
        let conventions = Settings.SignIn.Expiration.allCases
        let expected = conventions.map(\.rawValue).joined(separator: ", ")
        let convention = reader.value(section, "convention", expected: expected) { text in
            // The documentation of the file form calls it IdentityDerived.
            text.lowercased() == "identityderived"
                ? .identityProviderDerived : conventions.first { $0.rawValue.lowercased() == text.lowercased() }
        }
        if let convention { settings.signIn.expiration = convention }
        if let lifetime = timeSpan(section, "timeToExpiration") { settings.signIn.lifetime = lifetime }
    }

    private mutating func nonce(_ login: DocumentReader.Object, _ settings: inout Settings) {
        let section = reader.object(login, "nonce", keys: ["validateNonce", "nonceExpirationInterval"])
        if let interval = timeSpan(section, "nonceExpirationInterval") { settings.signIn.attemptLifetime = interval }
        if reader.bool(section, "validateNonce") == false, let section, let node = section["validateNonce"] {
            reader.report(
                .warning, section.path("validateNonce"), at: node.position, "has no effect: it is always validated")
        }
    }

    private mutating func tokenStore(_ login: DocumentReader.Object) {
        let keys = ["enabled", "tokenRefreshExtensionHours", "fileSystem", "azureBlobStorage"]
        let store = reader.object(login, "tokenStore", keys: keys)
        if let store, reader.bool(store, "enabled") == true {
            withoutEffect(store, "enabled", "the provider's tokens are not stored")
        }
    }

    private mutating func withoutEffect(_ object: DocumentReader.Object, _ name: String, _ why: String) {
        guard let node = object[name] else { return }
        reader.report(.note, object.path(name), at: node.position, "has no effect in this release: \(why)")
    }

    private mutating func timeSpan(_ object: DocumentReader.Object?, _ name: String) -> Duration? {
        reader.value(object, name, expected: "hh:mm:ss, as in 08:00:00", parse: Quantities.timeSpan)
    }

    /// Reads a provider's own `login`.
    mutating func providerLogin(_ object: DocumentReader.Object, _ provider: inout Settings.Provider) {
        let keys: [String] =
            switch provider.kind {
            case .entra: ["loginParameters", "disableWWWAuthenticate", "scopes"]
            case .openIDConnect: ["nameClaimType", "scopes", "loginParameterNames", "loginParameters"]
            case .google, .gitHub, .apple, .facebook, .x, .microsoftAccount: ["scopes", "loginParameters"]
            }
        guard let login = reader.object(object, "login", keys: keys) else { return }
        if provider.kind == .entra, let disables = reader.bool(login, "disableWWWAuthenticate") {
            provider.disablesWWWAuthenticate = disables
        }
        if provider.kind == .openIDConnect { provider.nameClaimType = reader.nonEmptyString(login, "nameClaimType") }
        if let scopes = reader.strings(login, "scopes") { provider.scopes = scopes }
        for (path, node) in reader.list(login, "loginParameters") ?? [] {
            guard let text = reader.string(node, at: path) else { continue }
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, !parts[0].isEmpty {
                provider.loginParameters.append(.init(name: String(parts[0]), value: String(parts[1])))
            } else {
                reader.report(
                    .error, path, at: node.position, "\"\(text)\" is not a parameter",
                    expected: "name=value, as in domain_hint=contoso.com")
            }
        }
        if let names = reader.strings(login, "loginParameterNames") { provider.loginParameterNames = names }
    }
}
