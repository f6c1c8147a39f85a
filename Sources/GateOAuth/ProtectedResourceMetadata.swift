// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// The metadata document of a protected resource (RFC 9728 §2).
///
/// Members without elements are left out (RFC 9728 §2); issuers are published byte for byte, since clients compare them so.
public struct ProtectedResourceMetadata: Sendable, Hashable {
    public var resource: ResourceIndicator
    public var authorizationServers: [IssuerURL]
    /// Emitted as configured (`WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES`).
    public var scopesSupported: Scope
    public var resourceName: String?
    public var resourceDocumentation: String?

    public init(
        resource: ResourceIndicator, authorizationServers: [IssuerURL], scopesSupported: Scope = [],
        resourceName: String? = nil, resourceDocumentation: String? = nil
    ) {
        self.resource = resource
        self.authorizationServers = authorizationServers
        self.scopesSupported = scopesSupported
        self.resourceName = resourceName
        self.resourceDocumentation = resourceDocumentation
    }

    public var json: [UInt8] {
        var object: JSONObject = ["resource": .string(resource.rawValue)]
        if !authorizationServers.isEmpty {
            object["authorization_servers"] = .array(authorizationServers.map { .string($0.rawValue) })
        }
        if !scopesSupported.isEmpty { object["scopes_supported"] = .array(scopesSupported.tokens.map { .string($0) }) }
        object["bearer_methods_supported"] = .array([.string("header")])
        if let resourceName { object["resource_name"] = .string(resourceName) }
        if let resourceDocumentation { object["resource_documentation"] = .string(resourceDocumentation) }
        return JSONValue.object(object).serialized()
    }
}
