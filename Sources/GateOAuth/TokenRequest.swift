// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// A request to a token endpoint (RFC 6749 §3.2, RFC 7636 §4.5, RFC 8707 §2.2).
public struct TokenRequest: Sendable, Hashable {
    public enum Grant: Sendable, Hashable {
        /// RFC 6749 §4.1.3. `redirectURI` as it came: it must be the one of the authorization request.
        case authorizationCode(code: Secret, redirectURI: String?, verifier: Secret)
        /// RFC 6749 §6. A nil scope means: as before.
        case refreshToken(Secret, scope: Scope?)
        /// RFC 6749 §4.4.
        case clientCredentials(scope: Scope?)
    }

    /// How the client says, or proves, who it is (RFC 6749 §2.3, RFC 7591 §2).
    public struct Client: Sendable, Hashable {
        public enum Method: String, Sendable, Hashable {
            case none
            case secretBasic = "client_secret_basic"
            case secretPost = "client_secret_post"
        }

        public var id: ClientID
        public var secret: Secret?
        public var method: Method

        public init(id: ClientID, secret: Secret? = nil, method: Method = .none) {
            self.id = id
            self.secret = secret
            self.method = method
        }
    }

    public var grant: Grant
    public var client: Client
    public var resources: [ResourceIndicator]

    public init(_ grant: Grant, client: Client, resources: [ResourceIndicator] = []) {
        self.grant = grant
        self.client = client
        self.resources = resources
    }

    /// Reads a request. The caller has made sure of POST and of the media type.
    ///
    /// - Parameters:
    ///   - body: at most as large as the caller allows.
    ///   - authorization: the one `Authorization` field, if there was one.
    public init(parsing body: [UInt8], authorization: String?) throws(OAuthError) {
        guard let text = String(validating: body, as: UTF8.self) else {
            throw OAuthError(.invalidRequest, "the body is not UTF-8")
        }
        let form = try AuthorizationRequest.parameters(text)
        client = try Client(parsing: form, authorization: authorization)
        resources = try ResourceIndicator.read(from: form)
        func required(_ name: String) throws(OAuthError) -> Secret {
            guard let value = form.given(name) else { throw OAuthError(.invalidRequest, "\(name) is missing") }
            return Secret(value)
        }
        let scope = form.given("scope").map { Scope(parsing: $0) }
        switch form.given("grant_type") {
        case "authorization_code":
            grant = .authorizationCode(
                code: try required("code"), redirectURI: form.given("redirect_uri"),
                verifier: try required("code_verifier"))
        case "refresh_token": grant = .refreshToken(try required("refresh_token"), scope: scope)
        case "client_credentials": grant = .clientCredentials(scope: scope)
        case nil: throw OAuthError(.invalidRequest, "grant_type is missing")
        case _?: throw OAuthError(.unsupportedGrantType)
        }
    }

    /// The body as a client sends it; with `client_secret_basic` the secret goes into ``authorization`` instead.
    public var parameters: FormParameters {
        var form = FormParameters()
        switch grant {
        case .authorizationCode(let code, let redirectURI, let verifier):
            form.append("grant_type", "authorization_code")
            form.append("code", code.revealed)
            form.append("redirect_uri", redirectURI)
            form.append("code_verifier", verifier.revealed)
        case .refreshToken(let token, let scope):
            form.append("grant_type", "refresh_token")
            form.append("refresh_token", token.revealed)
            form.append("scope", scope?.formatted)
        case .clientCredentials(let scope):
            form.append("grant_type", "client_credentials")
            form.append("scope", scope?.formatted)
        }
        for resource in resources { form.append("resource", resource.rawValue) }
        if client.method != .secretBasic { form.append("client_id", client.id.rawValue) }
        if client.method == .secretPost { form.append("client_secret", client.secret?.revealed) }
        return form
    }

    /// The `Authorization` field of `client_secret_basic`; name and secret are form-encoded first (RFC 6749 §2.3.1).
    public var authorization: Secret? {
        guard client.method == .secretBasic, let secret = client.secret else { return nil }
        let pair = FormParameters.encode(client.id.rawValue) + ":" + FormParameters.encode(secret.revealed)
        return Secret("Basic " + Base64.encode(pair.utf8))
    }
}

extension TokenRequest.Client {
    /// One proof at most: a secret in both places is refused, a `client_id` beside `Basic` must be the same (RFC 6749 §2.3).
    public init(parsing form: FormParameters, authorization: String?) throws(OAuthError) {
        let id = form.given("client_id")
        // Some clients send an empty secret when they have none.
        let secret = form.given("client_secret")
        guard let authorization else {
            guard let id else { throw OAuthError(.invalidClient, "client_id is missing") }
            self.init(id: ClientID(id), secret: secret.map { Secret($0) }, method: secret == nil ? .none : .secretPost)
            return
        }
        guard let (name, password) = Self.basic(authorization) else {
            throw OAuthError(.invalidClient, "the Authorization field is not Basic credentials")
        }
        guard secret == nil else { throw OAuthError(.invalidRequest, "the client's secret was sent twice") }
        guard id == nil || id?.isExactly(name) == true else {
            throw OAuthError(.invalidClient, "client_id is not that of the Authorization field")
        }
        self.init(
            id: ClientID(name), secret: password.isEmpty ? nil : Secret(password),
            method: password.isEmpty ? .none : .secretBasic)
    }

    private static func basic(_ field: String) -> (name: String, password: String)? {
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "basic", let pair = Base64.decode(parts[1]),
            let colon = pair.firstIndex(of: UInt8(ascii: ":")),
            let name = String(validating: pair[..<colon], as: UTF8.self).flatMap({ FormParameters.decode($0) }),
            let password = String(validating: pair[(colon + 1)...], as: UTF8.self).flatMap({ FormParameters.decode($0) }
            ),
            !name.isEmpty
        else { return nil }
        return (name, password)
    }
}
