// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// The good answer of a token endpoint (RFC 6749 §5.1).
public struct TokenResponse: Sendable, Hashable {
    public struct ParseError: Error, Sendable, Hashable {
        /// The member that is missing or of the wrong shape.
        public let member: String
    }

    public var accessToken: Secret
    /// `Bearer`, or what else the server issues; compared without regard to case (RFC 6749 §5.1).
    public var tokenType: String
    public var expiresIn: Duration?
    public var refreshToken: Secret?
    /// Nil means: what was asked for.
    public var scope: Scope?
    public var idToken: Secret?

    public init(
        accessToken: Secret, tokenType: String = "Bearer", expiresIn: Duration? = nil, refreshToken: Secret? = nil,
        scope: Scope? = nil, idToken: Secret? = nil
    ) {
        self.accessToken = accessToken
        self.tokenType = tokenType
        self.expiresIn = expiresIn
        self.refreshToken = refreshToken
        self.scope = scope
        self.idToken = idToken
    }

    /// Reads an answer of status 200. `expires_in` may be a text of digits, as from older servers; null counts as absent.
    public init(parsing document: [UInt8]) throws(ParseError) {
        guard let object = (try? JSONValue.parse(document))?.object else { throw ParseError(member: "(document)") }
        func text(_ name: String) throws(ParseError) -> String? {
            guard let value = object[name], !value.isNull else { return nil }
            guard let text = value.string, !text.isEmpty else { throw ParseError(member: name) }
            return text
        }
        guard let token = try text("access_token") else { throw ParseError(member: "access_token") }
        guard let type = try text("token_type") else { throw ParseError(member: "token_type") }
        var lifetime: Duration?
        if let value = object["expires_in"], !value.isNull {
            guard let seconds = value.int64 ?? value.string.flatMap({ Int64($0) }), (0...0x7FFF_FFFF).contains(seconds)
            else { throw ParseError(member: "expires_in") }
            lifetime = .seconds(seconds)
        }
        var scope: Scope?
        if let value = object["scope"], !value.isNull {
            // An empty text is a scope: none.
            guard let text = value.string else { throw ParseError(member: "scope") }
            scope = Scope(parsing: text)
        }
        self.init(
            accessToken: Secret(token), tokenType: type, expiresIn: lifetime,
            refreshToken: try text("refresh_token").map { Secret($0) }, scope: scope,
            idToken: try text("id_token").map { Secret($0) })
    }

    public var isBearer: Bool { tokenType.lowercased() == "bearer" }

    /// The body as a server sends it, with `Cache-Control: no-store`.
    public var json: [UInt8] {
        var object: JSONObject = [
            "access_token": .string(accessToken.revealed), "token_type": .string(tokenType),
        ]
        if let expiresIn { object["expires_in"] = .number(JSONNumber(expiresIn.components.seconds)) }
        if let refreshToken { object["refresh_token"] = .string(refreshToken.revealed) }
        if let scope { object["scope"] = .string(scope.formatted) }
        if let idToken { object["id_token"] = .string(idToken.revealed) }
        return JSONValue.object(object).serialized()
    }
}
