// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateOAuth
import GateTestKit
import Logging
import Testing

@Suite("Sign-in at GitHub")
struct GitHubSignInTests {
    private let fetcher = ScriptedFetcher()
    private let request = SignInRequest(
        state: "st4te", nonce: "n0nce", verifier: Secret(CodeChallenge.makeVerifier()),
        redirectURI: "https://m.example/.auth/login/github/callback")

    private func provider(api: String? = nil) throws -> any SignInProvider {
        let configuration = try #require(
            GitHubConfiguration(
                clientID: ClientID("gh"), clientSecret: Secret("s3cret"), api: try api.map { try HTTPURL($0) }))
        let service = IdentityService(
            fetcher: fetcher, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try #require(
            try service.make(chains: [], signIns: [.gitHub(configuration, scopes: ["read:user"])]).signIns.first)
    }

    private let response = AuthorizationResponse(.code("c0de"), state: "st4te", issuer: nil)

    @Test("people sign in at github.com, or beside the API of their own server")
    func addresses() async throws {
        let own = try await provider().authorizationURL(for: request)
        #expect(
            own.hasPrefix("https://github.com/login/oauth/authorize?") && own.contains("code_challenge_method=S256"))
        let enterprise = try await provider(api: "https://git.example/api/v3").authorizationURL(for: request)
        #expect(enterprise.hasPrefix("https://git.example/login/oauth/authorize?"))
    }

    @Test("the API says whose the token is: the number identifies, the login names")
    func good() async throws {
        fetcher.answer(
            "https://github.com/login/oauth/access_token",
            with: .json(#"{"access_token":"gho_x","token_type":"bearer","scope":"read:user"}"#))
        fetcher.answer("https://api.github.com/user", with: .json(#"{"id":583231,"login":"octocat","name":"Mona"}"#))
        let principal = try await provider().redeem(response, for: request).principal

        #expect(principal.subject == "583231" && principal.name == "octocat")
        #expect(principal.claims.contains(.init(type: EasyAuthClaims.name, value: "Mona")))
        #expect(fetcher.asked.last?.field("authorization") == "Bearer gho_x")
    }

    @Test("an error that comes with status 200 is one, and a person without a number is none")
    func bad() async throws {
        fetcher.answer(
            "https://github.com/login/oauth/access_token",
            with: .json(#"{"error":"bad_verification_code","error_description":"expired"}"#))
        await #expect(throws: SignInFailure.provider(OAuthError(OAuthError.Code("bad_verification_code"), "expired"))) {
            try await provider().redeem(response, for: request)
        }
        fetcher.answer(
            "https://github.com/login/oauth/access_token",
            with: .json(#"{"access_token":"gho_x","token_type":"bearer"}"#))
        fetcher.answer("https://api.github.com/user", with: .json(#"{"login":"octocat"}"#))
        await #expect(throws: SignInFailure.refused(.subject)) { try await provider().redeem(response, for: request) }
        let foreign = AuthorizationResponse(.code("c"), state: "st4te", issuer: IssuerURL("https://evil.example"))
        await #expect(throws: SignInFailure.refused(.issuerParameter)) {
            try await provider().redeem(foreign, for: request)
        }
    }
}
