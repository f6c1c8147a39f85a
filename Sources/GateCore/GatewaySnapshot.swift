// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateIdentity
package import GateOAuth
package import GatePolicy
package import GateSession

/// What happens to a request without a credential (`globalValidation.unauthenticatedClientAction`).
package enum UnauthenticatedAction: String, Sendable, Hashable {
    case redirectToLoginPage = "RedirectToLoginPage"
    case allowAnonymous = "AllowAnonymous"
    case return401 = "Return401"
    case return403 = "Return403"
    /// Not in Microsoft's published enumeration, but what its portal offers.
    case return404 = "Return404"
}

/// One configuration, ready to decide by: immutable, swapped as a whole, read once for each request.
package final class GatewaySnapshot: Sendable {
    package struct Configuration: Sendable {
        package var publicURL: HTTPURL
        package var resources: [ProtectedResource.Configuration]
        /// `authorization_servers` of the metadata, byte for byte.
        package var issuers: [IssuerURL] = []
        /// Easy Auth's `authorization_uri` for Entra.
        package var authorizationURI: String?
        /// What each provider's principals may; those of a provider without an entry may nothing.
        package var policies: [ProviderID: EasyAuthPolicy] = [:]
        package var excludedPaths: [String] = []
        package var requiresAuthentication = true
        package var unauthenticatedAction = UnauthenticatedAction.return401
        /// Where `RedirectToLoginPage` sends a browser: the sign-in at `redirectToProvider` or the only provider, else the choice of them.
        /// Nil when nobody can sign in.
        package var signInPath: String?
        /// Sessions of browsers; nil when nobody can sign in.
        package var sessions: BrowserSessions?
        /// What each provider that people sign in with is configured as; a session of anything else counts for nothing.
        package var registrations: [ProviderID: String] = [:]
        package var apiPrefix = "/.auth"
        /// `login.routes.logoutEndpoint`: a further path that the control plane answers.
        package var logoutEndpoint: String?
        /// `httpSettings.requireHttps`: requests over plain connections are sent to the public URL, or refused.
        ///
        /// Only for a gate that ends TLS itself or is told of it by a trusted proxy; otherwise nothing would pass.
        package var requiresHTTPS = false
        /// Further values of `Host`: a name for any port, `name:port`, or `*`.
        package var allowedHosts: [String] = []
        /// Further origins whose pages may call, or `*`.
        package var allowedOrigins: [String] = []
        package var trustedProxies: [IPNetwork] = []
        package var forwardsAuthorization = false
        package var inspectedBodyBytes = 4 << 20
        package var claimsNaming = EasyAuthClaims.Naming.legacy
        /// Which table of upstreams the resources' indices are of.
        package var upstreamGeneration = 1
        /// Sent as `Host` to each upstream; nil keeps the client's.
        package var upstreamHosts: [String?] = [nil]
        /// Put before the path of what goes to each upstream; empty, or beginning and not ending with a slash.
        package var upstreamPaths: [String] = []
        /// The gate's own cookies, which neither side may hand through.
        package var cookieNames = ["AppServiceAuthSession"]

        package init(publicURL: HTTPURL, resources: [ProtectedResource.Configuration]) {
            self.publicURL = publicURL
            self.resources = resources
        }
    }

    package let configuration: Configuration
    package let resources: [ProtectedResource]
    let routes: RouteTable
    let hosts: HostPolicy
    let cors: CORSPolicy
    let forwarding: ForwardingFields
    let upstreamHosts: [[UInt8]?]
    let upstreamPaths: [[UInt8]]
    /// The resource that a challenge is about when the request was refused before its path was looked at.
    let onlyResource: ProtectedResource?

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        resources = configuration.resources.map {
            ProtectedResource(
                $0, publicURL: configuration.publicURL, issuers: configuration.issuers,
                authorizationURI: configuration.authorizationURI)
        }
        routes = RouteTable(
            resources: resources, exclusions: configuration.excludedPaths, apiPrefix: configuration.apiPrefix,
            logoutEndpoint: configuration.sessions == nil ? nil : configuration.logoutEndpoint)
        hosts = HostPolicy(hosts: [configuration.publicURL.host] + configuration.allowedHosts)
        cors = CORSPolicy(
            origins: configuration.allowedOrigins + [configuration.publicURL.origin],
            allowsLoopback: configuration.publicURL.isLoopback)
        forwarding = ForwardingFields(trusted: configuration.trustedProxies, publicURL: configuration.publicURL)
        upstreamHosts = configuration.upstreamHosts.map { $0.map { Array($0.utf8) } }
        upstreamPaths = configuration.upstreamPaths.map { Array($0.utf8) }
        let declared = resources.filter { !$0.configuration.isImplied }
        onlyResource = declared.count == 1 ? declared.first : nil
    }
}
