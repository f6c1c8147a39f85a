// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

/// Everything Gatehouse can be told, typed, with its defaults.
///
/// Made by ``ConfigurationLoader``; nothing in it has been resolved, connected to or opened yet.
package struct Settings: Sendable {
    /// `host:port` of every address clients connect to.
    package var listen = ["127.0.0.1:8080"]
    /// `host:port` of health and metrics; nil when switched off.
    package var operationsListen: String? = "127.0.0.1:9464"
    /// What clients call us: the base of every identifier and metadata address. Nil only while loading.
    package var publicURL: HTTPURL?
    /// At least one once validated; the first is every resource's default.
    package var upstreams: [Upstream] = []
    /// In the order given. Empty: the whole host is one resource.
    package var resources: [Resource] = []
    /// `WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES`: the `scopes_supported` of every resource without its own.
    package var prmScopes = Scope()
    package var globalValidation = GlobalValidation()
    /// `platform.enabled`; false lets every request through unauthenticated.
    package var platformEnabled = true
    /// `httpSettings.requireHttps`.
    package var requiresHTTPS = true
    /// `httpSettings.routes.apiPrefix`.
    package var apiPrefix = "/.auth"
    /// Enabled or not, in the order given.
    package var providers: [Provider] = []
    package var signIn = SignIn()
    package var keys = Keys()
    /// Origins that browsers may call from (CORS); `*` is not among the values.
    package var allowedOrigins: [String] = []
    /// Values of `Host` that are answered besides the public URL's own.
    package var allowedHosts: [String] = []
    /// Addresses and CIDR blocks whose `X-Forwarded-*` is believed.
    package var trustedProxies: [String] = []
    /// Whether the client's token reaches the application; the MCP authorization specification forbids relying on that.
    package var forwardsAuthorization = false
    package var limits = Limits()
    package var timeouts = Timeouts()
    package var tls: TLS?
    package var logging = Logging()
    package var audit = Audit.stdout
    /// Event loops; nil for one a core.
    package var workers: Int?
    /// `WEBSITE_AUTH_USE_LEGACY_CLAIMS`: whether Entra's claims get their long WS-* names in `X-MS-CLIENT-PRINCIPAL`.
    package var usesLegacyClaims = true

    /// `WEBSITE_AUTH_AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL`: whether Entra's tokens must name their user or service principal (`oid`).
    package var requiresObjectID = false

    package init() {}
}

extension Settings {
    /// The provider of this alias, if there is one.
    package subscript(provider id: ProviderID) -> Provider? { providers.first { $0.id == id } }

    /// `globalValidation` of authsettingsV2.
    package struct GlobalValidation: Sendable, Hashable {
        /// `requireAuthentication`.
        package var requiresAuthentication = true
        package var unauthenticatedClientAction = UnauthenticatedClientAction.redirectToLoginPage
        package var redirectToProvider: ProviderID?
        /// Paths that need no authentication: exact, or a prefix ending in `/*`.
        package var excludedPaths: [String] = []

        package init() {}
    }

    /// What a request without credentials gets; the raw value is authsettingsV2's spelling.
    package enum UnauthenticatedClientAction: String, Sendable, CaseIterable {
        case redirectToLoginPage = "RedirectToLoginPage"
        case allowAnonymous = "AllowAnonymous"
        case return401 = "Return401"
        case return403 = "Return403"
        /// What the portal offers beside the published four.
        case return404 = "Return404"
    }

    /// A path that is a protected resource of its own (RFC 9728).
    package struct Resource: Sendable, Hashable {
        package var path: String
        /// Whether bodies are read as MCP messages.
        package var isMCP: Bool
        /// The `resource` value; the public URL and the path when nil.
        package var identifier: String?
        /// `scopes_supported`.
        package var scopes: Scope
        /// What a token must hold.
        package var requiredScopes: Scope
        /// `resource_name`.
        package var name: String?
        /// Index into ``Settings/upstreams``.
        package var upstream: Int

        package init(
            path: String, isMCP: Bool = true, identifier: String? = nil, scopes: Scope = [],
            requiredScopes: Scope = [], name: String? = nil, upstream: Int = 0
        ) {
            self.path = path
            self.isMCP = isMCP
            self.identifier = identifier
            self.scopes = scopes
            self.requiredScopes = requiredScopes
            self.name = name
            self.upstream = upstream
        }
    }

    /// How providers' signing keys are kept.
    package struct Keys: Sendable, Hashable {
        /// How often the background refresh runs.
        package var refreshInterval = Duration.seconds(3_600)
        /// How long keys are used while the provider cannot be reached.
        package var maximumAge = Duration.seconds(86_400)

        package init() {}
    }
}
