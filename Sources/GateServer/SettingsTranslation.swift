// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateCore
import GateIdentity
import GateJOSE
import GateOAuth
import GatePolicy
import GateSession

/// The one place that knows both the settings and the services: turns what was configured into what each service takes.
struct SettingsTranslation {
    let settings: Settings
    let publicURL: HTTPURL

    init(_ settings: Settings) throws(TranslationError) {
        guard let publicURL = settings.publicURL else { throw TranslationError("the public URL is not known") }
        self.settings = settings
        self.publicURL = publicURL
    }

    var signIn: SignInTranslation { SignInTranslation(settings: settings, publicURL: publicURL) }

    // MARK: resources

    /// The declared resources, or `/mcp` when none is; then the rest of the site, unless a declared one is the whole site.
    var resources: [Settings.Resource] {
        let declared = settings.resources.isEmpty ? [Settings.Resource(path: "/mcp")] : settings.resources
        return declared.map { resource in
            var resource = resource
            // `/mcp/` is `/mcp` and what lies below it.
            if resource.path.count > 1, resource.path.hasSuffix("/") { resource.path.removeLast() }
            if resource.scopes.isEmpty { resource.scopes = settings.prmScopes }
            return resource
        }
    }

    func identifier(_ resource: Settings.Resource) -> String {
        resource.identifier ?? (publicURL.origin + (resource.path == "/" ? "" : resource.path))
    }

    private var needsRest: Bool { !resources.contains { $0.path == "/" } }

    /// The provider configurations of each resource, the implied rest of the site last.
    func providerConfigurations() throws(TranslationError) -> [[ProviderConfiguration]] {
        var all: [[ProviderConfiguration]] = []
        for resource in resources {
            let own = identifier(resource)
            all.append(try providers(audiences: resource.path == "/" ? [own, own + "/"] : [own]))
        }
        if needsRest {
            all.append(
                try providers(audiences: Set([publicURL.origin, publicURL.origin + "/"] + resources.map(identifier))))
        }
        return all
    }

    /// - Parameters:
    ///   - chains: one for each entry of ``providerConfigurations()``.
    ///   - issuers: what was found out about providers whose issuer is not configured.
    ///   - upstreamGeneration: of the table that the resources' upstreams are in.
    ///   - sessions: of browsers; they count where people can sign in.
    func snapshot(
        chains: [ValidatorChain], issuers found: [ProviderID: String], upstreamGeneration: Int = 1,
        sessions: BrowserSessions? = nil
    ) -> GatewaySnapshot {
        var configurations: [ProtectedResource.Configuration] = []
        for (resource, chain) in zip(resources, chains) {
            configurations.append(
                ProtectedResource.Configuration(
                    path: resource.path, identifier: ResourceIndicator(identifier(resource)), isMCP: resource.isMCP,
                    scopes: resource.scopes, requiredScopes: granted(resource.requiredScopes), name: resource.name,
                    upstream: resource.upstream, validators: chain))
        }
        if needsRest, let chain = chains.last {
            configurations.append(
                ProtectedResource.Configuration(
                    path: "/", identifier: ResourceIndicator(publicURL.origin), isMCP: false,
                    scopes: resources.first?.scopes ?? [],
                    isImplied: true, validators: chain))
        }
        var configuration = GatewaySnapshot.Configuration(publicURL: publicURL, resources: configurations)
        let enabled = settings.providers.filter(\.isEnabled)
        configuration.issuers = enabled.compactMap { issuer($0, found[$0.id]) }
        configuration.authorizationURI = enabled.compactMap(authorizationURI).first
        for provider in enabled { configuration.policies[provider.id] = policy(provider) }
        configuration.excludedPaths = settings.globalValidation.excludedPaths
        configuration.requiresAuthentication =
            settings.globalValidation.requiresAuthentication && settings.platformEnabled
        configuration.unauthenticatedAction =
            UnauthenticatedAction(rawValue: settings.globalValidation.unauthenticatedClientAction.rawValue)
            ?? .return401
        if signIn.isOffered {
            configuration.signInPath = signIn.path
            configuration.sessions = sessions
            configuration.registrations = signIn.registrations
        }
        configuration.logoutEndpoint = settings.signIn.logoutEndpoint
        configuration.cookieNames = signIn.cookieNames
        configuration.apiPrefix = settings.apiPrefix
        configuration.allowedHosts = settings.allowedHosts
        configuration.allowedOrigins = settings.allowedOrigins
        configuration.trustedProxies = settings.trustedProxies.compactMap(IPNetwork.init)
        configuration.forwardsAuthorization = settings.forwardsAuthorization
        configuration.inspectedBodyBytes = settings.limits.inspectedBodyBytes
        configuration.claimsNaming = settings.usesLegacyClaims ? .legacy : .modern
        configuration.upstreamGeneration = upstreamGeneration
        configuration.upstreamHosts = settings.upstreams.map { upstream in
            upstream.preservesHost ? nil : UpstreamTranslation.host(upstream)
        }
        configuration.upstreamPaths = settings.upstreams.map(UpstreamTranslation.path)
        // Where TLS ends before the gate, only a trusted proxy can say that it did.
        let isTold = settings.tls != nil || !settings.trustedProxies.isEmpty
        configuration.requiresHTTPS = settings.requiresHTTPS && publicURL.scheme == .https && isTold
        return GatewaySnapshot(configuration)
    }

    // MARK: providers

    /// Entra's tokens hold the short form of a scope whose long form is advertised.
    private func granted(_ scope: Scope) -> Scope {
        guard let entra = settings.providers.first(where: { $0.kind == .entra && $0.isEnabled }),
            let clientID = entra.clientID
        else {
            return scope
        }
        let configuration = EntraConfiguration(
            issuer: IssuerURL(entra.issuer ?? ""), clientID: clientID, allowedAudiences: Set(entra.allowedAudiences))
        return Scope(tokens: scope.tokens.map(configuration.grantedForm(ofScope:)))
    }

    private func issuer(_ provider: Settings.Provider, _ found: String?) -> IssuerURL? {
        switch provider.kind {
        case .google: return IssuerURL("https://accounts.google.com")
        case .apple: return IssuerURL("https://appleid.apple.com")
        case .gitHub, .facebook, .x: return nil
        case .entra, .microsoftAccount, .openIDConnect:
            if let configured = provider.issuer { return IssuerURL(configured) }
            if let found, !found.isEmpty, found.contains("://") { return IssuerURL(found) }
            guard let wellKnown = provider.wellKnown, wellKnown.hasSuffix(WellKnownPaths.openIDConfiguration) else {
                return nil
            }
            return IssuerURL(String(wellKnown.dropLast(WellKnownPaths.openIDConfiguration.count)))
        }
    }

    private func authorizationURI(_ provider: Settings.Provider) -> String? {
        guard provider.kind == .entra, !provider.disablesWWWAuthenticate, let issuer = provider.issuer,
            let url = try? HTTPURL(issuer), let tenant = url.path.split(separator: "/").first
        else { return nil }
        let host = url.host == "sts.windows.net" ? "https://login.microsoftonline.com" : url.origin
        return "\(host)/\(tenant)/oauth2/v2.0/authorize"
    }

    private func policy(_ provider: Settings.Provider) -> EasyAuthPolicy {
        EasyAuthPolicy(
            ownClientID: provider.clientID, requiresListedClient: provider.kind == .entra,
            allowedApplications: provider.allowedApplications.map { ClientID($0) },
            allowedIdentities: provider.allowedIdentities, allowedGroups: provider.allowedGroups,
            claimCheckClients: provider.claimCheckClients.map { ClientID($0) },
            claimCheckGroups: provider.claimCheckGroups,
            allowedTenants: provider.allowedTenants,
            requiresObjectID: provider.kind == .entra && settings.requiresObjectID)
    }

    private func providers(audiences: Set<String>) throws(TranslationError) -> [ProviderConfiguration] {
        var configurations: [ProviderConfiguration] = []
        for provider in settings.providers where provider.isEnabled {
            configurations += try ProviderTranslation(provider: provider, resourceAudiences: audiences).configurations()
        }
        return configurations
    }
}

/// A setting that no service can be made from; ``SettingsValidator`` finds these first.
struct TranslationError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
