// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateFetch
import GateIdentity
import GateJOSE
import GateJSON
import GateOAuth
import GateTestKit
import GateTime
import Logging
import Testing

/// A relying party at a provider that tells it what the test wants.
struct SignInBench {
    static let issuer = "https://id.example"
    static let client = "web-client"
    static let accessToken = "opaque-access-token"

    let fetcher = ScriptedFetcher()
    let clock = FixedClock()
    let mint: TokenMint
    let provider: any SignInProvider
    let request: SignInRequest

    init(_ change: (inout OpenIDSignInConfiguration) -> Void = { _ in }, metadata: JSONObject = [:]) throws {
        mint = try TokenMint(issuer: Self.issuer, audience: Self.client)
        var configuration = OpenIDSignInConfiguration(
            tokens: .openIDConnect(
                OpenIDConnectConfiguration(
                    provider: ProviderID("corp"), issuer: IssuerURL(Self.issuer), audiences: [Self.client],
                    types: ["JWT"], acceptsIDTokens: true)),
            clientID: ClientID(Self.client), clientSecret: Secret("cl1ent-s3cret"))
        change(&configuration)
        var document: JSONObject = [
            "issuer": .string(Self.issuer), "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token", "userinfo_endpoint": "https://id.example/userinfo",
            "jwks_uri": "https://id.example/jwks",
        ]
        for member in metadata.members { document[member.name] = member.value }
        fetcher.answer(
            Self.issuer + "/.well-known/openid-configuration", with: .json(JSONValue.object(document).serialized()))
        fetcher.answer(Self.issuer + "/jwks", with: .json(mint.keySet()))
        let service = IdentityService(
            fetcher: fetcher, clock: BenchClock(clock: clock),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        provider = try #require(try service.make(chains: [], signIns: [.openIDConnect(configuration)]).signIns.first)
        request = SignInRequest(
            state: "st4te", nonce: "n0nce", verifier: Secret(CodeChallenge.makeVerifier()),
            redirectURI: "https://m.example/.auth/login/corp/callback")
    }

    /// A good ID token with some claims replaced, added, or (nil) left out.
    func idToken(_ edits: [String: JSONValue?] = [:], type: String? = "JWT", signer: JWSSigner? = nil) throws -> String
    {
        var claims: [String: JSONValue?] = [
            "nonce": "n0nce", "scope": .none, "client_id": .none, "jti": .none,
            "email": "alice@example.com",
        ]
        for (name, value) in edits { claims[name] = value }
        return try mint.token(at: clock.now, claims: claims, type: type, signer: signer)
    }

    /// The provider hands out this ID token, and what else the test says.
    func answer(idToken: String?, _ more: JSONObject = [:]) {
        var object: JSONObject = [
            "access_token": .string(Self.accessToken), "token_type": "Bearer", "expires_in": 600,
        ]
        if let idToken { object["id_token"] = .string(idToken) }
        for member in more.members { object[member.name] = member.value }
        fetcher.answer("https://id.example/token", with: .json(JSONValue.object(object).serialized()))
    }

    /// What comes of the answer with a code.
    func redeem(issuer: String? = nil) async -> Result<SignInResult, SignInFailure> {
        await redeem(AuthorizationResponse(.code("c0de"), state: "st4te", issuer: issuer.map { IssuerURL($0) }))
    }

    func redeem(_ response: AuthorizationResponse) async -> Result<SignInResult, SignInFailure> {
        do throws(SignInFailure) {
            return .success(try await provider.redeem(response, for: request))
        } catch {
            return .failure(error)
        }
    }

    static func hash(_ token: String) -> String {
        Base64URL.encode(Array(SHA256.hash(data: Array(token.utf8))).prefix(16))
    }
}

/// The wall clock that the test moves, and one that stands for everything else.
private struct BenchClock: IdentityClock {
    let clock: FixedClock
    var elapsed: Duration { .seconds(1_000) }
    var wall: Instant { clock.now }
    func sleep(for duration: Duration) async throws { try await ContinuousClock().sleep(for: duration) }
}

extension Result where Success == SignInResult, Failure == SignInFailure {
    var failure: SignInFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }

    var principal: Principal? {
        if case .success(let result) = self { result.principal } else { nil }
    }
}
