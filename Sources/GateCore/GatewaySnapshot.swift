// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateIdentity
package import GateOAuth
package import GatePolicy

/// What happens to a request without a credential (`globalValidation.unauthenticatedClientAction`).
package enum UnauthenticatedAction: String, Sendable, Hashable {
    case redirectToLoginPage = "RedirectToLoginPage"
    case allowAnonymous = "AllowAnonymous"
    case return401 = "Return401"
    case return403 = "Return403"
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
        package var policies: [ProviderID: EasyAuthPolicy] = [:]
        package var excludedPaths: [String] = []
        package var requiresAuthentication = true
        package var unauthenticatedAction = UnauthenticatedAction.return401
        /// Where `RedirectToLoginPage` sends a browser: `redirectToProvider`, else the only provider.
        package var loginProvider: ProviderID?
        package var apiPrefix = "/.auth"
        package var allowedHosts: [String] = []
        package var allowedOrigins: [String] = []
        package var trustedProxies: [IPNetwork] = []
        package var forwardsAuthorization = false
        package var inspectedBodyBytes = 4 << 20
        package var claimsNaming = EasyAuthClaims.Naming.legacy
        /// Sent as `Host` to each upstream; nil keeps the client's.
        package var upstreamHosts: [String?] = [nil]
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

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        resources = configuration.resources.map {
            ProtectedResource(
                $0, publicURL: configuration.publicURL, issuers: configuration.issuers,
                authorizationURI: configuration.authorizationURI)
        }
        routes = RouteTable(
            resources: resources, exclusions: configuration.excludedPaths, apiPrefix: configuration.apiPrefix)
        hosts = HostPolicy(names: [configuration.publicURL.host] + configuration.allowedHosts)
        cors = CORSPolicy(
            origins: configuration.allowedOrigins + [configuration.publicURL.origin],
            allowsLoopback: configuration.publicURL.isLoopback)
        forwarding = ForwardingFields(trusted: configuration.trustedProxies, publicURL: configuration.publicURL)
        upstreamHosts = configuration.upstreamHosts.map { $0.map { Array($0.utf8) } }
    }
}
