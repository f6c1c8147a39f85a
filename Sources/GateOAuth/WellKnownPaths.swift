// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Where well-known documents stand (RFC 8414 §3.1, RFC 9728 §3.1, OpenID Connect Discovery §4).
public enum WellKnownPaths {
    public static let protectedResource = "/.well-known/oauth-protected-resource"
    public static let authorizationServer = "/.well-known/oauth-authorization-server"
    public static let openIDConfiguration = "/.well-known/openid-configuration"

    /// The metadata of the protected resource at `path`, in the layouts that clients ask for: inserted, appended, and inserted with the
    /// slash at the end that the resource's address may have been given with.
    ///
    /// The first is the one that a challenge names. Slashes at the end of `path` itself count for nothing (RFC 9728 §3.1).
    public static func metadata(ofResourceAt path: String) -> [String] {
        let path = trimmed(path)
        guard !path.isEmpty else { return [protectedResource, protectedResource + "/"] }
        return [protectedResource + path, path + protectedResource, protectedResource + path + "/"]
    }

    /// The metadata of an authorization server, in the order in which MCP clients ask for it.
    public static func metadata(ofIssuer issuer: HTTPURL) -> [String] {
        let path = trimmed(issuer.path)
        let paths =
            path.isEmpty
            ? [authorizationServer, openIDConfiguration]
            : [authorizationServer + path, openIDConfiguration + path, path + openIDConfiguration]
        return paths.map { issuer.origin + $0 }
    }

    private static func trimmed(_ path: String) -> String {
        var path = path[...]
        while path.last == "/" { path = path.dropLast() }
        return String(path)
    }
}
