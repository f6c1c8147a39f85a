// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// The metadata document of a protected resource (RFC 9728 §2).
///
/// Members without elements are left out (RFC 9728 §2); issuers are published byte for byte, since clients compare them so.
public struct ProtectedResourceMetadata: Sendable, Hashable {
    public var resource: ResourceIndicator
    public var authorizationServers: [IssuerURL]
    /// Published as configured (`WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES`), but for `offline_access`: it asks the authorization server for
    /// a refresh token, and a client that finds it here asks for it, with a consent prompt, at servers that do not know it (requirement
    /// PRM-05).
    public var scopesSupported: Scope
    /// `header` alone: a token in a query or a form is never accepted (RFC 6750 §2.1).
    public var bearerMethodsSupported: [String]
    public var resourceName: String?
    public var resourceDocumentation: String?

    public init(
        resource: ResourceIndicator, authorizationServers: [IssuerURL], scopesSupported: Scope = [],
        bearerMethodsSupported: [String] = ["header"], resourceName: String? = nil,
        resourceDocumentation: String? = nil
    ) {
        self.resource = resource
        self.authorizationServers = authorizationServers
        self.scopesSupported = scopesSupported
        self.bearerMethodsSupported = bearerMethodsSupported
        self.resourceName = resourceName
        self.resourceDocumentation = resourceDocumentation
    }

    /// The document, its first three members in Easy Auth's order.
    public var json: [UInt8] {
        var object: JSONObject = ["resource": .string(resource.rawValue)]
        func add(_ name: String, _ texts: [String]) {
            if !texts.isEmpty { object[name] = .array(texts.map(JSONValue.string)) }
        }
        func add(_ name: String, _ text: String?) {
            if let text, !text.isEmpty { object[name] = .string(text) }
        }
        add("authorization_servers", authorizationServers.map(\.rawValue))
        add("scopes_supported", scopesSupported.tokens.filter { $0 != Scope.offlineAccess })
        add("bearer_methods_supported", bearerMethodsSupported)
        add("resource_name", resourceName)
        add("resource_documentation", resourceDocumentation)
        return JSONValue.object(object).serialized()
    }
}
