// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Reads Easy Auth's `authsettingsV2`: the file form, or the resource form that wraps it in `properties`.
///
/// Browser sign-in is read in `AuthSettingsLogin`. What has no effect is accepted and noted: documents written for App Service work here as they are.
struct AuthSettingsDocument {
    var reader: DocumentReader

    init(file: String) { reader = DocumentReader(file: file, unknownKeys: .warning) }

    private static let sections = [
        "platform", "globalValidation", "httpSettings", "login", "identityProviders", "clearInboundClaimsMapping",
        "$schema",
    ]
    private static let resourceKeys = [
        "id", "name", "type", "kind", "location", "apiVersion", "dependsOn", "systemData", "tags", "properties",
    ]

    mutating func read(_ root: DocumentNode, into settings: inout Settings) {
        guard case .object(let members) = root.content else {
            _ = reader.object(root, at: "", keys: nil)
            return
        }
        let properties = members.first { $0.name == "properties" }?.value
        if properties != nil { _ = reader.object(root, at: "", keys: Self.resourceKeys) }
        guard let document = reader.object(properties ?? root, at: "", keys: Self.sections) else { return }
        platform(document, &settings)
        globalValidation(document, &settings)
        httpSettings(document, &settings)
        login(document, &settings)
        identityProviders(document, &settings)
    }

    private mutating func platform(_ document: DocumentReader.Object, _ settings: inout Settings) {
        let platform = reader.object(document, "platform", keys: ["enabled", "runtimeVersion", "configFilePath"])
        if let enabled = reader.bool(platform, "enabled") { settings.platformEnabled = enabled }
    }

    private mutating func globalValidation(_ document: DocumentReader.Object, _ settings: inout Settings) {
        let keys = ["requireAuthentication", "unauthenticatedClientAction", "redirectToProvider", "excludedPaths"]
        let validation = reader.object(document, "globalValidation", keys: keys)
        if let required = reader.bool(validation, "requireAuthentication") {
            settings.globalValidation.requiresAuthentication = required
        }
        if let action = unauthenticatedClientAction(validation) {
            settings.globalValidation.unauthenticatedClientAction = action
        }
        if let provider = reader.nonEmptyString(validation, "redirectToProvider") {
            settings.globalValidation.redirectToProvider = ProviderID(provider)
        }
        if let paths = reader.strings(validation, "excludedPaths") { settings.globalValidation.excludedPaths = paths }
    }

    /// The four values, and the other spellings that App Service, its portal and older documents have for them.
    private static let actions: [String: Settings.UnauthenticatedClientAction] = [
        "redirecttologinpage": .redirectToLoginPage, "0": .redirectToLoginPage, "allowanonymous": .allowAnonymous,
        "1": .allowAnonymous, "return401": .return401, "rejectwith401": .return401, "2": .return401,
        "return403": .return403, "rejectwith403": .return403, "3": .return403, "return404": .return404,
        "rejectwith404": .return404,
    ]

    private mutating func unauthenticatedClientAction(
        _ validation: DocumentReader.Object?
    ) -> Settings.UnauthenticatedClientAction? {
        let name = "unauthenticatedClientAction"
        let expected = Settings.UnauthenticatedClientAction.allCases.map(\.rawValue).joined(separator: ", ")
        var asksFor404 = false
        let action = reader.value(validation, name, expected: expected) { text in
            asksFor404 = text.hasSuffix("404")
            return Self.actions[text.lowercased()]
        }
        if asksFor404, action != nil, let validation, let node = validation[name] {
            reader.report(
                .warning, validation.path(name), at: node.position,
                "hides the resource: a client that gets 404 does not learn where to sign in",
                suggestion: "set Return401")
        }
        return action
    }

    private mutating func httpSettings(_ document: DocumentReader.Object, _ settings: inout Settings) {
        let http = reader.object(document, "httpSettings", keys: ["requireHttps", "routes", "forwardProxy"])
        if let required = reader.bool(http, "requireHttps") { settings.requiresHTTPS = required }
        let routes = reader.object(http, "routes", keys: ["apiPrefix"])
        if let prefix = reader.nonEmptyString(routes, "apiPrefix") { settings.apiPrefix = prefix }
        let keys = ["convention", "customHostHeaderName", "customProtoHeaderName"]
        let proxy = reader.object(http, "forwardProxy", keys: keys)
        let convention = reader.value(proxy, "convention", expected: "NoProxy, Standard, Custom") { text in
            ["noproxy", "standard", "custom"].first { $0 == text.lowercased() }
        }
        if let proxy, let convention, convention != "noproxy", let node = proxy["convention"] {
            reader.report(
                .note, proxy.path("convention"), at: node.position, "has no effect in this release",
                suggestion: "set publicURL and trustedProxies in gatehouse.yaml")
        }
    }

    // MARK: Providers

    private mutating func identityProviders(_ document: DocumentReader.Object, _ settings: inout Settings) {
        let builtIn = Settings.Provider.Kind.allCases.compactMap(\.section)
        let custom = ["customOpenIdConnectProviders", "openIdConnectProviders"]
        let section = reader.object(
            document, "identityProviders", keys: builtIn + custom + ["azureStaticWebApps"])
        guard let section else { return }
        if let node = section["azureStaticWebApps"] {
            reader.report(
                .note, section.path("azureStaticWebApps"), at: node.position,
                "has no effect: this provider exists inside Azure Static Web Apps only")
        }
        // In the document's order, which is the order of preference.
        for member in section.members where !member.value.isNull {
            if let kind = Settings.Provider.Kind.allCases.first(where: { $0.section == member.name }),
                let alias = kind.alias
            {
                let path = section.path(member.name)
                if let provider = provider(member.value, alias, kind, path) {
                    add(provider, at: member.position, to: &settings)
                }
            } else if custom.contains(member.name) {
                guard let providers = reader.object(section, member.name, keys: nil) else { continue }
                for entry in providers.members where !entry.value.isNull {
                    let path = providers.path(entry.name)
                    if let provider = provider(entry.value, ProviderID(entry.name), .openIDConnect, path) {
                        add(provider, at: entry.position, to: &settings)
                    }
                }
            }
        }
    }

    private mutating func add(
        _ provider: Settings.Provider, at position: DocumentNode.Position, to settings: inout Settings
    ) {
        guard settings[provider: provider.id] == nil else {
            reader.report(
                .error, provider.settingsPath, at: position, "there is another provider with the alias \(provider.id)")
            return
        }
        settings.providers.append(provider)
    }

    private mutating func provider(
        _ node: DocumentNode, _ id: ProviderID, _ kind: Settings.Provider.Kind, _ path: String
    ) -> Settings.Provider? {
        var keys = ["enabled", "registration", "login", "validation", "isAutoProvisioned"]
        if kind == .facebook { keys.append("graphApiVersion") }
        guard let object = reader.object(node, at: path, keys: keys) else { return nil }
        var provider = Settings.Provider(id: id, kind: kind, settingsPath: path)
        if let enabled = reader.bool(object, "enabled") { provider.isEnabled = enabled }
        if kind == .facebook { provider.graphAPIVersion = reader.nonEmptyString(object, "graphApiVersion") }
        registration(object, &provider)
        providerLogin(object, &provider)
        validation(object, &provider)
        // The resource form lists every provider as enabled, with an empty registration where nothing is set up.
        if kind != .openIDConnect, provider.isEnabled, provider.clientID == nil, provider.issuer == nil,
            provider.clientSecretSettingName == nil
        {
            provider.isEnabled = false
            reader.report(.note, path, at: node.position, "has no registration, and is left out")
        }
        return provider
    }

    private mutating func validation(_ object: DocumentReader.Object, _ provider: inout Settings.Provider) {
        var keys = ["allowedAudiences"]
        if provider.kind == .entra { keys += ["jwtClaimChecks", "defaultAuthorizationPolicy"] }
        let validation = reader.object(object, "validation", keys: keys)
        if let audiences = reader.strings(validation, "allowedAudiences") { provider.allowedAudiences = audiences }
        guard provider.kind == .entra else { return }
        let checks = reader.object(validation, "jwtClaimChecks", keys: ["allowedGroups", "allowedClientApplications"])
        provider.claimCheckGroups = reader.strings(checks, "allowedGroups") ?? []
        provider.claimCheckClients = reader.strings(checks, "allowedClientApplications") ?? []
        let policy = reader.object(
            validation, "defaultAuthorizationPolicy", keys: ["allowedPrincipals", "allowedApplications"])
        provider.allowedApplications = reader.strings(policy, "allowedApplications") ?? []
        let principals = reader.object(policy, "allowedPrincipals", keys: ["groups", "identities"])
        provider.allowedGroups = reader.strings(principals, "groups") ?? []
        provider.allowedIdentities = reader.strings(principals, "identities") ?? []
    }
}
