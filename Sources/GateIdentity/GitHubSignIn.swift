// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth
import GateTime

/// Signs people in with GitHub, which speaks OAuth 2.0 without ID tokens: its API says whose the token is.
final class GitHubSignIn: SignInProvider {
    let id: ProviderID
    private let configuration: GitHubConfiguration
    private let scopes: Scope
    private let api: ProviderAPI
    private let clock: any IdentityClock

    private static let deadline = Duration.seconds(4)
    private static let own: Set = [
        "response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method",
    ]

    init(_ configuration: GitHubConfiguration, scopes: Scope, api: ProviderAPI, clock: any IdentityClock) {
        id = configuration.provider
        self.configuration = configuration
        self.scopes = scopes
        self.api = api
        self.clock = clock
    }

    var usesFormPost: Bool { false }

    func authorizationURL(for request: SignInRequest) async throws(SignInFailure) -> String {
        var form = FormParameters([
            ("response_type", "code"), ("client_id", configuration.clientID.rawValue),
            ("redirect_uri", request.redirectURI), ("scope", scopes.union(request.scope ?? []).formatted),
            ("state", request.state), ("code_challenge", CodeChallenge(verifier: request.verifier.revealed).text),
            ("code_challenge_method", "S256"),
        ])
        for parameter in request.parameters where !Self.own.contains(parameter.name) && form[parameter.name] == nil {
            form.append(parameter.name, parameter.value)
        }
        return "\(site)/login/oauth/authorize?\(form.encoded)"
    }

    func redeem(
        _ response: AuthorizationResponse, for request: SignInRequest
    ) async throws(SignInFailure) -> SignInResult {
        if let issuer = response.issuer, !issuer.rawValue.isExactly(site), issuer != configuration.issuer {
            throw .refused(.issuerParameter)
        }
        let code: String
        switch response.outcome {
        case .code(let text): code = text
        case .error(let error): throw SignInFailure(error)
        }
        guard let endpoint = try? HTTPURL("\(site)/login/oauth/access_token"),
            let person = configuration.api.appending(path: "/user")
        else { throw .unavailable(api.failure("the API address is not usable")) }
        let exchange = TokenRequest(
            .authorizationCode(code: Secret(code), redirectURI: request.redirectURI, verifier: request.verifier),
            client: TokenRequest.Client(
                id: configuration.clientID, secret: configuration.clientSecret, method: .secretPost))
        let tokens = try await TokenExchange(api: api, deadline: Self.deadline).redeem(exchange, at: endpoint)
        guard tokens.isBearer else { throw .refused(.tokenType) }
        let user = try await user(person, tokens.accessToken)
        guard let principal = configuration.principal(of: user, scope: tokens.scope ?? scopes) else {
            throw .refused(.subject)
        }
        return SignInResult(
            principal: principal,
            tokens: ProviderTokens(
                accessToken: tokens.accessToken, refreshToken: tokens.refreshToken,
                expiresAt: tokens.expiresIn.map { clock.wall + $0 }))
    }

    private func user(_ url: HTTPURL, _ token: Secret) async throws(SignInFailure) -> JSONObject {
        let request = FetchRequest(
            .get, url,
            fields: [
                .init("accept", "application/vnd.github+json"), .init("authorization", "Bearer \(token.revealed)"),
            ], deadline: Self.deadline)
        do throws(DependencyFailure) {
            let answer = try await api.ask(request, ownCredentialsRefused: [])
            guard answer.status == 200, let object = answer.object else {
                throw api.failure("\(url.host) did not say whose the token is (\(answer.status))")
            }
            return object
        } catch {
            throw .unavailable(error)
        }
    }

    /// Where people sign in: beside the API of a GitHub Enterprise, at github.com for GitHub itself.
    private var site: String {
        configuration.api.host == "api.github.com" ? "https://github.com" : configuration.api.origin
    }
}
