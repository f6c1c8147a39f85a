// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Every setting in effect, one a line, with where it came from: `listen = 0.0.0.0:8080   (gatehouse.yaml:2)`.
///
/// Of secrets only whether they are there.
package struct SettingsReport: Sendable, CustomStringConvertible {
    private var lines: [(path: String, value: String, origin: String)] = []
    private let origins: [String: String]

    /// - Parameter origins: ``LoadResult/origins``.
    package init(_ settings: Settings, origins: [String: String]) {
        self.origins = origins
        access(settings)
        upstreams(settings)
        resources(settings)
        for provider in settings.providers { add(provider) }
        signIn(settings.signIn)
        runtime(settings)
    }

    package var description: String { text(showingOrigins: true) }

    package func text(showingOrigins: Bool) -> String {
        guard showingOrigins else { return lines.map { "\($0.path) = \($0.value)\n" }.joined() }
        let width = lines.map { "\($0.path) = \($0.value)".count }.filter { $0 <= 72 }.max() ?? 0
        return lines.map { line in
            let text = "\(line.path) = \(line.value)"
            return text + String(repeating: " ", count: max(0, width - text.count) + 3) + "(\(line.origin))\n"
        }.joined()
    }

    // MARK: Sections

    private mutating func access(_ settings: Settings) {
        add("publicURL", settings.publicURL?.description)
        add("listen", settings.listen)
        add("operations.listen", settings.operationsListen ?? "off")
        add("tls.certificate", settings.tls?.certificate)
        add("tls.key", settings.tls?.key)
        add("platform.enabled", settings.platformEnabled)
        add("httpSettings.requireHttps", settings.requiresHTTPS)
        add("httpSettings.routes.apiPrefix", settings.apiPrefix)
        let validation = settings.globalValidation
        add("globalValidation.requireAuthentication", validation.requiresAuthentication)
        add("globalValidation.unauthenticatedClientAction", validation.unauthenticatedClientAction.rawValue)
        add("globalValidation.redirectToProvider", validation.redirectToProvider?.rawValue)
        add("globalValidation.excludedPaths", validation.excludedPaths)
        add("allowedOrigins", settings.allowedOrigins)
        add("allowedHosts", settings.allowedHosts)
        add("trustedProxies", settings.trustedProxies)
        add("forwardAuthorization", settings.forwardsAuthorization)
        add("WEBSITE_AUTH_USE_LEGACY_CLAIMS", settings.usesLegacyClaims)
        add("WEBSITE_AUTH_AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL", settings.requiresObjectID)
    }

    private mutating func upstreams(_ settings: Settings) {
        for (index, upstream) in settings.upstreams.enumerated() {
            let path = "upstreams[\(index)]"
            add("\(path).url", upstream.url, from: index == 0 ? "upstream" : nil)
            add("\(path).connectTimeout", upstream.connectTimeout)
            add("\(path).headTimeout", upstream.headTimeout)
            add("\(path).idleTimeout", upstream.idleTimeout)
            add("\(path).maximumConnections", upstream.maximumConnections)
            add("\(path).certificateAuthority", upstream.certificateAuthority)
            add("\(path).preserveHost", upstream.preservesHost)
        }
    }

    private mutating func resources(_ settings: Settings) {
        add("WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES", settings.prmScopes.tokens)
        for (index, resource) in settings.resources.enumerated() {
            let path = "resources[\(index)]"
            add("\(path).path", resource.path)
            add("\(path).mcp", resource.isMCP)
            add("\(path).identifier", resource.identifier)
            add("\(path).name", resource.name)
            add("\(path).scopes", resource.scopes.tokens)
            add("\(path).requiredScopes", resource.requiredScopes.tokens)
            add("\(path).upstream", resource.upstream)
        }
    }

    private mutating func add(_ provider: Settings.Provider) {
        let path = provider.settingsPath
        add("\(path).enabled", provider.isEnabled)
        guard provider.isEnabled else { return }
        let configuration = "\(path).registration.openIdConnectConfiguration"
        add(provider.issuerPath, provider.issuer)
        add(provider.clientIDPath, provider.clientID?.rawValue)
        if provider.clientSecretSettingName != nil {
            addSecret(provider.secretPath, provider.clientSecretSettingName, provider.clientSecret)
        }
        add("\(configuration).wellKnownOpenIdConfiguration", provider.wellKnown)
        add("\(configuration).certificationUri", provider.keySetURL)
        add("\(path).graphApiVersion", provider.graphAPIVersion)
        add("\(path).login.disableWWWAuthenticate", provider.disablesWWWAuthenticate)
        add("\(path).login.nameClaimType", provider.nameClaimType)
        add("\(configuration).authorizationEndpoint", provider.authorizationEndpoint)
        add("\(configuration).tokenEndpoint", provider.tokenEndpoint)
        if let scopes = provider.scopes { add("\(path).login.scopes", scopes) }
        if !provider.loginParameters.isEmpty {
            add("\(path).login.loginParameters", provider.loginParameters.map { "\($0.name)=\($0.value)" })
        }
        let refined = "providers.\(provider.id)"
        let isRefined = origins["\(refined).allowedAudiences"] != nil
        let audiences = isRefined ? "\(refined).allowedAudiences" : "\(path).validation.allowedAudiences"
        add(audiences, provider.allowedAudiences)
        let policy = "\(path).validation.defaultAuthorizationPolicy"
        let checks = "\(path).validation.jwtClaimChecks"
        if provider.kind == .entra {
            add("\(policy).allowedApplications", provider.allowedApplications)
            add("\(policy).allowedPrincipals.identities", provider.allowedIdentities)
            add("\(policy).allowedPrincipals.groups", provider.allowedGroups)
            add("\(checks).allowedClientApplications", provider.claimCheckClients)
            add("\(checks).allowedGroups", provider.claimCheckGroups)
            if let tenants = provider.allowedTenants { add("WEBSITE_AUTH_AAD_ALLOWED_TENANTS", tenants) }
        }
        if let algorithms = provider.algorithms { add("\(refined).algorithms", algorithms) }
        add("\(refined).clockSkew", provider.clockSkew)
        add("\(refined).apiBaseURL", provider.apiBaseURL)
        if provider.kind == .x { add("\(refined).acceptUnboundTokens", provider.acceptsUnboundTokens) }
        guard let introspection = provider.introspection else { return }
        add("\(refined).introspection.endpoint", introspection.endpoint)
        add("\(refined).introspection.clientId", introspection.clientID?.rawValue)
        addSecret(
            "\(refined).introspection.clientSecretSettingName", introspection.secretSettingName, introspection.secret)
        add("\(refined).introspection.authentication", introspection.authentication.rawValue)
        add("\(refined).introspection.cache", introspection.cache)
    }

    private mutating func signIn(_ signIn: Settings.SignIn) {
        add("login.routes.logoutEndpoint", signIn.logoutEndpoint)
        add("login.allowedExternalRedirectUrls", signIn.allowedExternalRedirectURLs)
        add("login.cookieExpiration.convention", signIn.expiration.rawValue)
        add("login.cookieExpiration.timeToExpiration", signIn.lifetime)
        add("login.nonce.nonceExpirationInterval", signIn.attemptLifetime)
        add("signIn.cookieName", signIn.cookieName)
        let isSet = signIn.keys.count == signIn.keySettingNames.count
        let names = signIn.keySettingNames.joined(separator: ", ")
        add(
            "signIn.keySettingNames",
            names.isEmpty ? "made at every start" : "\(names) \(isSet ? "<set>" : "<missing>")")
    }

    private mutating func runtime(_ settings: Settings) {
        add("keys.refreshInterval", settings.keys.refreshInterval)
        add("keys.maximumAge", settings.keys.maximumAge)
        let limits = settings.limits
        add("limits.headBytes", Quantities.formatted(size: limits.headBytes))
        add("limits.fields", limits.fieldCount)
        add("limits.lineBytes", Quantities.formatted(size: limits.lineBytes))
        add("limits.inspectedBodyBytes", Quantities.formatted(size: limits.inspectedBodyBytes))
        add("limits.connections", limits.connections)
        add("limits.connectionsPerAddress", limits.connectionsPerAddress)
        let timeouts = settings.timeouts
        add("timeouts.head", timeouts.head)
        add("timeouts.idle", timeouts.idle)
        add("timeouts.body", timeouts.body)
        add("timeouts.writeStall", timeouts.writeStall)
        add("timeouts.drain", timeouts.drain)
        add("logging.format", settings.logging.format.rawValue)
        add("logging.level", settings.logging.level.rawValue)
        add("audit.to", settings.audit.description)
        add("workers", settings.workers.map(String.init) ?? "one a core")
    }

    // MARK: Lines

    private mutating func add(_ path: String, _ value: String?, from other: String? = nil) {
        guard let value else { return }
        // Controls would let a value pretend to be another line.
        let shown = value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : String($0) }
        let origin = origins[path] ?? other.flatMap { origins[$0] } ?? "default"
        lines.append((path, shown.joined(), origin))
    }

    private mutating func add(_ path: String, _ value: Bool) { add(path, "\(value)") }
    private mutating func add(_ path: String, _ value: Int?) { add(path, value.map(String.init)) }
    private mutating func add(_ path: String, _ value: Duration?) { add(path, value.map(Quantities.formatted)) }
    private mutating func add(_ path: String, _ values: [String]) {
        add(path, values.isEmpty ? "none" : values.joined(separator: ", "))
    }

    private mutating func addSecret(_ path: String, _ name: String?, _ secret: Secret?) {
        add(path, "\(name ?? "") \(secret == nil ? "<missing>" : "<set>")")
    }
}

extension Settings.Audit: CustomStringConvertible {
    package var description: String {
        switch self {
        case .stdout: "stdout"
        case .stderr: "stderr"
        case .off: "off"
        case .file(let path): path
        }
    }
}
