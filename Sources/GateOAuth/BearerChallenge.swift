// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The error codes of RFC 6750 §3.1.
public enum BearerError: String, Sendable, Hashable {
    case invalidRequest = "invalid_request"
    case invalidToken = "invalid_token"
    case insufficientScope = "insufficient_scope"
}

/// The challenge that a protected resource sends with 401 or 403 (RFC 6750 §3, RFC 9728 §5.1).
///
/// A request that carried no credentials gets no `error` (RFC 6750 §3.1): telling a client "invalid_token" about a token that it
/// never sent makes it discard a good one.
public struct BearerChallenge: Sendable, Hashable {
    /// Where the client finds our metadata (RFC 9728 §5.1); an absolute URL from configuration.
    public var resourceMetadata: String?
    /// What the client should ask for: what it holds and what was missing, in one challenge.
    public var scope: Scope
    public var error: BearerError?
    /// For people; sent only together with an error.
    public var errorDescription: String?
    /// Entra's authorization endpoint of the tenant, as Easy Auth adds unless `disableWWWAuthenticate`.
    public var authorizationURI: String?
    public var realm: String?

    public init(
        resourceMetadata: String? = nil, scope: Scope = [], error: BearerError? = nil, errorDescription: String? = nil,
        authorizationURI: String? = nil, realm: String? = nil
    ) {
        self.resourceMetadata = resourceMetadata
        self.scope = scope
        self.error = error
        self.errorDescription = errorDescription
        self.authorizationURI = authorizationURI
        self.realm = realm
    }

    /// The value of `WWW-Authenticate`: one challenge, every parameter a quoted string, always in this order.
    ///
    /// `offline_access` is left out of `scope`: it asks the authorization server for a refresh token and is nothing that a resource needs
    /// (MCP 2026-07-28, "Refresh Tokens"; requirement PRM-05).
    public var fieldValue: String {
        var value = "Bearer"
        func add(_ name: String, _ text: String?) {
            guard let text, case let quotable = Self.quotable(text), !quotable.isEmpty else { return }
            value += value.utf8.count > 6 ? ", " : " "
            value += "\(name)=\"\(quotable)\""
        }
        add("realm", realm)
        if let error {
            add("error", error.rawValue)
            add("error_description", errorDescription)
        }
        add("scope", scope.subtracting(Scope(tokens: [Scope.offlineAccess])).formatted)
        add("resource_metadata", resourceMetadata)
        add("authorization_uri", authorizationURI)
        return value
    }

    /// Only the characters that RFC 6750 §3 allows in a value: visible ASCII and space without `"` and `\`.
    private static func quotable(_ value: String) -> String {
        String(decoding: value.utf8.filter { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }, as: UTF8.self)
    }
}
