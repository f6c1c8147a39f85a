// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth
import GateTime

/// Signs people in with any OpenID provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core §3.1, RFC 9700 §2.1).
final class OpenIDSignIn: SignInProvider {
    let id: ProviderID
    let configuration: OpenIDSignInConfiguration
    private let endpoints: SignInEndpoints
    private let idTokens: IDTokenValidator
    private let api: ProviderAPI
    private let clock: any IdentityClock

    /// How long a person waits for the tokens, and then for userinfo.
    private static let deadline = Duration.seconds(4)
    private static let userInfoDeadline = Duration.seconds(2)
    /// What only the protocol may set; a link must never be able to.
    private static let own: Set = [
        "response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "state", "nonce", "scope",
        "code_challenge", "code_challenge_method", "request", "request_uri", "registration", "claims",
    ]

    /// How a person must prove who they are (OpenID Connect Core §3.1.2.1).
    private static let demands: Set = ["prompt", "acr_values", "max_age"]

    init(
        _ configuration: OpenIDSignInConfiguration, endpoints: SignInEndpoints, idTokens: IDTokenValidator,
        api: ProviderAPI, clock: any IdentityClock
    ) {
        id = configuration.tokens.provider
        self.configuration = configuration
        self.endpoints = endpoints
        self.idTokens = idTokens
        self.api = api
        self.clock = clock
    }

    var usesFormPost: Bool { configuration.usesFormPost }

    // MARK: the way there

    func authorizationURL(for request: SignInRequest) async throws(SignInFailure) -> String {
        let endpoints = try await find()
        var form = FormParameters([
            ("response_type", "code"), ("client_id", configuration.clientID.rawValue),
            ("redirect_uri", request.redirectURI), ("scope", scope(request).formatted), ("state", request.state),
            ("nonce", request.nonce), ("code_challenge", CodeChallenge(verifier: request.verifier.revealed).text),
            ("code_challenge_method", "S256"),
        ])
        if usesFormPost { form.append("response_mode", "form_post") }
        // A link's hint wins over the configured one of the same name, but for what the operator demands of a sign-in.
        let demands = configuration.loginParameters.filter { Self.demands.contains($0.name) }
        for parameter in demands + request.parameters + configuration.loginParameters {
            guard !Self.own.contains(parameter.name), form[parameter.name] == nil else { continue }
            form.append(parameter.name, parameter.value)
        }
        let mark = endpoints.authorization.query == nil ? "?" : "&"
        return endpoints.authorization.description + mark + form.encoded
    }

    /// Always with `openid`, without which there is no ID token.
    private func scope(_ request: SignInRequest) -> Scope {
        let configured = configuration.loginParameters.first { $0.name.isExactly("scope") }
        let base = configured.map { Scope(parsing: $0.value) } ?? configuration.scopes
        return (["openid"] as Scope).union(base).union(request.scope ?? [])
    }

    // MARK: the way back

    func redeem(
        _ response: AuthorizationResponse, for request: SignInRequest
    ) async throws(SignInFailure) -> SignInResult {
        let endpoints = try await find()
        if let issuer = response.issuer {
            guard isExpected(issuer.rawValue, endpoints) else { throw .refused(.issuerParameter) }
        } else if endpoints.sendsIssuer {
            throw .refused(.issuerParameter)
        }
        let code: String
        switch response.outcome {
        case .code(let text): code = text
        case .error(let error): throw SignInFailure(error)
        }
        let tokens = try await exchange(code, request, endpoints)
        guard tokens.isBearer else { throw .refused(.tokenType) }
        guard let idToken = tokens.idToken else { throw .refused(.idTokenMissing) }
        var claims = try await idTokens.validate(
            idToken, nonce: request.nonce, accessToken: tokens.accessToken, at: clock.wall)
        if let userInfo = endpoints.userInfo, isNameless(claims.object) {
            try await add(userInfo, tokens.accessToken, to: &claims)
        }
        guard
            var principal = configuration.mapping.principal(
                of: claims.object, provider: id, issuer: IssuerURL(claims.issuer))
        else { throw .refused(.subject) }
        principal.clientID = configuration.clientID
        // What was granted, not what the ID token says in place of it.
        principal.scope = tokens.scope ?? []
        return SignInResult(
            principal: principal,
            tokens: ProviderTokens(
                accessToken: tokens.accessToken, idToken: idToken, refreshToken: tokens.refreshToken,
                expiresAt: tokens.expiresIn.map { clock.wall + $0 }))
    }

    private func find() async throws(SignInFailure) -> SignInEndpoints.Endpoints {
        do throws(DependencyFailure) { return try await endpoints.find() } catch { throw .unavailable(error) }
    }

    /// The issuer that the metadata names, or, where there is none, one that ID tokens may be of.
    private func isExpected(_ issuer: String, _ endpoints: SignInEndpoints.Endpoints) -> Bool {
        endpoints.issuer?.isExactly(issuer) == true || idTokens.mayBe(issuer: issuer)
    }

    private func exchange(
        _ code: String, _ request: SignInRequest, _ endpoints: SignInEndpoints.Endpoints
    ) async throws(SignInFailure) -> TokenResponse {
        let token = TokenRequest(
            .authorizationCode(code: Secret(code), redirectURI: request.redirectURI, verifier: request.verifier),
            client: TokenRequest.Client(
                id: configuration.clientID, secret: configuration.clientSecret,
                method: configuration.authentication == .clientSecretBasic ? .secretBasic : .secretPost))
        return try await TokenExchange(api: api, deadline: Self.deadline).redeem(token, at: endpoints.token)
    }

    // MARK: userinfo

    /// Whether the ID token tells nobody's name, which some providers say at the userinfo endpoint only.
    private func isNameless(_ claims: JSONObject) -> Bool {
        configuration.mapping.name.allSatisfy { claims[$0]?.string?.isEmpty ?? true }
    }

    /// OpenID Connect Core §5.3: what it says counts for the person that the ID token is about, and adds to it.
    private func add(
        _ endpoint: HTTPURL, _ accessToken: Secret, to claims: inout IDTokenValidator.Claims
    ) async throws(SignInFailure) {
        let request = FetchRequest(
            .get, endpoint,
            fields: [
                .init("accept", "application/json"), .init("authorization", "Bearer \(accessToken.revealed)"),
            ], deadline: Self.userInfoDeadline)
        let answer: ProviderAPI.Answer
        do throws(DependencyFailure) {
            answer = try await api.ask(request, ownCredentialsRefused: [])
        } catch {
            throw .unavailable(error)
        }
        // A provider that does not tell leaves a person without a name, not outside.
        guard answer.status == 200, let object = answer.object else { return }
        guard let subject = object["sub"]?.string, let expected = claims.object["sub"]?.string,
            subject.isExactly(expected)
        else { throw .refused(.userInfoSubject) }
        for member in object.members where claims.object[member.name] == nil {
            claims.object[member.name] = member.value
        }
    }
}
