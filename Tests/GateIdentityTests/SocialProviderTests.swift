// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateIdentity
import GateJSON
import GateOAuth
import GateTestKit
import GateTime
import Testing

/// A token is taken only if it was issued to our own app; anything else would let any app's token in.
@Suite("GitHub, Google, Facebook, X, Apple")
struct SocialProviderTests {
    static let now = FixedClock.start.seconds
    static let gitHub = "https://api.github.com/applications/our-app/token"
    static let google = "https://oauth2.googleapis.com/tokeninfo"
    static let facebook = "https://graph.facebook.com/v19.0/debug_token"
    static let x = "https://api.x.com/2/users/me"
    static let gitHubToken = "gho_0123456789abcdefghijklmnopqrstuvwxyz"

    static func gitHubConfiguration() throws -> ProviderConfiguration {
        .gitHub(
            try #require(GitHubConfiguration(clientID: ClientID("our-app"), clientSecret: Secret("s3cret"))))
    }

    static func gitHubAnswer(_ edits: String = "", app: String = "our-app") -> String {
        #"{"id":1,"scopes":["read:user","repo"],"app":{"client_id":"\#(app)","name":"n"},"#
            + #""user":{"login":"octocat","id":583231,"type":"User"}\#(edits)}"#
    }

    @Test(
        "GitHub: only a user's token of our own app",
        arguments: [
            (200, gitHubAnswer(), "accepted"), (200, gitHubAnswer(app: "their-app"), "audience"),
            (200, gitHubAnswer(app: "OUR-APP"), "audience"),
            (404, #"{"message":"Not Found"}"#, "revoked"), (422, "{}", "revoked"), (401, "{}", "unavailable"),
            (403, "{}", "unavailable"), (429, "{}", "unavailable"), (500, "", "unavailable"),
            (200, "<html>", "unavailable"),
            (200, #"{"app":{"client_id":"our-app"}}"#, "claims"), (200, "{}", "audience"),
            (200, gitHubAnswer(#","expires_at":null"#), "accepted"),
            (200, gitHubAnswer(#","expires_at":"2026-11-22T23:59:59Z""#), "expired"),
            (200, gitHubAnswer(#","expires_at":"soon""#), "claims"), (302, "", "unavailable"),
        ])
    func gitHub(_ status: Int, _ body: String, _ outcome: String) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.gitHub, with: .json(body, status: status))
        let chain = try harness.chain(try Self.gitHubConfiguration())

        let verdict = await chain.verdict(on: Self.gitHubToken, at: harness.clock.wall)

        #expect(verdict.outcome == outcome)
        let asked = try #require(harness.fetcher.asked.first)
        #expect(asked.field("authorization") == "Basic " + Base64.encode("our-app:s3cret".utf8))
        #expect(asked.body == #"{"access_token":"\#(Self.gitHubToken)"}"#)
        if let principal = verdict.token?.principal {
            #expect(principal.subject == "583231")
            #expect(principal.name == "octocat")
            #expect(principal.clientID?.rawValue == "our-app")
            #expect(principal.scope == ["read:user", "repo"])
            #expect(principal.claims.contains(.init(type: "urn:github:login", value: "octocat")))
        }
        if let failure = verdict.failure { #expect(!failure.detail.contains("gho_")) }
    }

    @Test(
        "GitHub: personal and installation tokens are refused without asking",
        arguments: [
            "ghp_0123456789abcdefghijklmnopqrstuvwxyz", "github_pat_11ABC_xyz", "ghs_0123456789", "ghr_0123456789",
        ])
    func gitHubPersonalTokens(_ token: String) async throws {
        let harness = try IdentityHarness()
        let chain = try harness.chain(try Self.gitHubConfiguration())

        #expect(chain.immediateVerdict(on: token, at: harness.clock.wall)?.outcome == "tokenType")
        #expect(harness.fetcher.asked.isEmpty)
    }

    @Test(
        "Google: opaque tokens only for our own client",
        arguments: [
            (
                200,
                #"{"aud":"our-client","azp":"our-client","sub":"1","exp":"\#(now + 600)","scope":"openid email","email":"a@b.c"}"#,
                "accepted"
            ),
            (200, #"{"aud":"their-client","sub":"1","exp":"\#(now + 600)"}"#, "audience"),
            (200, #"{"sub":"1","exp":"\#(now + 600)"}"#, "audience"),
            (200, #"{"aud":"our-client","sub":"1","exp":"\#(now - 1)"}"#, "expired"),
            (200, #"{"aud":"our-client","sub":"1"}"#, "claims"),
            (200, #"{"aud":"our-client","exp":"\#(now + 600)"}"#, "claims"),
            (400, #"{"error":"invalid_token"}"#, "revoked"), (500, "", "unavailable"), (403, "", "unavailable"),
            (200, "junk", "unavailable"),
        ])
    func google(_ status: Int, _ body: String, _ outcome: String) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.google, with: .json(body, status: status))
        let chain = try harness.chain(.google(try #require(GoogleConfiguration(clientID: ClientID("our-client")))))

        let verdict = await chain.verdict(on: "ya29.a0Af_token", at: harness.clock.wall)

        #expect(verdict.outcome == outcome)
        let asked = try #require(harness.fetcher.asked.first)
        #expect(asked.body == "access_token=ya29.a0Af_token")
        #expect(asked.request.url.query == nil)
        if let principal = verdict.token?.principal {
            #expect(principal.subject == "1")
            #expect(principal.name == "a@b.c")
        }
    }

    @Test(
        "Google and Apple: ID tokens for our own client, with both spellings of Google's issuer",
        arguments: [
            ("https://accounts.google.com", "our-client", "accepted"),
            ("accounts.google.com", "our-client", "accepted"),
            ("https://accounts.google.com", "their-client", "audience"),
            ("https://accounts.google.com/", "our-client", "issuer"),
            ("https://appleid.apple.com", "our-client", "accepted"),
            ("https://appleid.apple.com", "app.bundle", "audience"),
        ])
    func idTokens(_ issuer: String, _ audience: String, _ outcome: String) async throws {
        let harness = try IdentityHarness()
        for host in ["https://accounts.google.com", "https://appleid.apple.com"] {
            harness.fetcher.answer(
                host + "/.well-known/openid-configuration",
                with: .json(IdentityHarness.document(host, keySet: IdentityHarness.keySet)))
        }
        let chain = try harness.chain(
            .google(try #require(GoogleConfiguration(clientID: ClientID("our-client")))),
            .apple(AppleConfiguration(clientID: ClientID("our-client"))))
        let token = try harness.token(
            ["iss": .string(issuer), "aud": .string(audience), "nonce": "n", "at_hash": "h", "client_id": absent],
            type: "JWT")

        let verdict = await chain.verdict(on: token, at: harness.clock.wall)

        #expect(verdict.outcome == outcome)
        if let principal = verdict.token?.principal { #expect(principal.clientID?.rawValue == "our-client") }
    }

    @Test(
        "Facebook: only a user's token of our own app",
        arguments: [
            (
                200,
                #"{"data":{"app_id":"our-app","type":"USER","is_valid":true,"user_id":"7","expires_at":0,"scopes":["email"]}}"#,
                "accepted"
            ),
            (200, #"{"data":{"app_id":"their-app","type":"USER","is_valid":true,"user_id":"7"}}"#, "audience"),
            (200, #"{"data":{"app_id":"our-app","type":"APP","is_valid":true}}"#, "tokenType"),
            (200, #"{"data":{"app_id":"our-app","type":"USER","is_valid":false,"user_id":"7"}}"#, "revoked"),
            (200, #"{"data":{"app_id":"our-app","type":"USER","is_valid":"true","user_id":"7"}}"#, "revoked"),
            (
                200,
                #"{"data":{"app_id":"our-app","type":"USER","is_valid":true,"user_id":"7","expires_at":\#(now - 1)}}"#,
                "expired"
            ),
            (200, #"{"data":{"app_id":"our-app","type":"USER","is_valid":true}}"#, "claims"),
            (200, #"{"data":{"error":{"code":190},"is_valid":false,"scopes":[]}}"#, "revoked"),
            (400, #"{"error":{"code":100}}"#, "unavailable"), (200, "{}", "unavailable"), (500, "", "unavailable"),
        ])
    func facebook(_ status: Int, _ body: String, _ outcome: String) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.facebook, with: .json(body, status: status))
        let chain = try harness.chain(
            .facebook(try #require(FacebookConfiguration(appID: ClientID("our-app"), appSecret: Secret("s3cret")))))

        let verdict = await chain.verdict(on: "EAABtoken", at: harness.clock.wall)

        #expect(verdict.outcome == outcome)
        #expect(harness.fetcher.asked.first?.request.url.query == "input_token=EAABtoken&access_token=our-app%7Cs3cret")
        if let failure = verdict.failure {
            #expect(!failure.detail.contains("EAAB") && !failure.detail.contains("s3cret"))
        }
    }

    @Test("X: a token cannot be bound to our app, so none is taken unless the operator says so")
    func x() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.x, with: .json(#"{"data":{"id":"12","name":"Alice","username":"alice"}}"#))

        let strict = try harness.chain(.x(try #require(XConfiguration())))
        #expect(await strict.verdict(on: "some-x-token", at: harness.clock.wall).outcome == "audience")
        #expect(harness.fetcher.asked.isEmpty)

        let open = try harness.chain(.x(try #require(XConfiguration(acceptsUnboundTokens: true))))
        let principal = try #require(await open.verdict(on: "some-x-token", at: harness.clock.wall).token?.principal)
        #expect(principal.subject == "12")
        #expect(principal.name == "alice")
        #expect(harness.fetcher.asked.last?.field("authorization") == "Bearer some-x-token")
        harness.fetcher.answer(Self.x, with: .status(401))
        #expect(await open.verdict(on: "other-x-token", at: harness.clock.wall).outcome == "revoked")
    }

    @Test("with several providers a token is shown only to the one whose form it has")
    func onlyToItsProvider() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.gitHub, with: .json(Self.gitHubAnswer()))
        harness.fetcher.answer(IntrospectionTests.endpoint, with: IntrospectionTests.answer())
        let google = ProviderConfiguration.google(try #require(GoogleConfiguration(clientID: ClientID("our-client"))))
        let both = try harness.chain(try Self.gitHubConfiguration(), google)

        #expect(await both.verdict(on: Self.gitHubToken, at: harness.clock.wall).token?.principal.provider == .gitHub)
        #expect(await both.verdict(on: "who-knows", at: harness.clock.wall).outcome == "malformed")
        #expect(harness.fetcher.asked.map(\.address) == [Self.gitHub])

        harness.fetcher.forget()
        let all = try harness.chain(try Self.gitHubConfiguration(), google, try IntrospectionTests.configuration())
        #expect(await all.verdict(on: "who-knows", at: harness.clock.wall).token?.principal.provider.rawValue == "dot")
        #expect(harness.fetcher.asked.map(\.address) == [IntrospectionTests.endpoint])
    }

    @Test("an opaque token where nobody is asked about any is malformed")
    func noOpaqueProvider() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()

        #expect(chain.immediateVerdict(on: "opaque-token", at: harness.clock.wall)?.outcome == "malformed")
        let empty = try harness.chain()
        #expect(empty.immediateVerdict(on: "opaque-token", at: harness.clock.wall)?.outcome == "malformed")
    }

    @Test("two providers of one issuer: the one that accepts decides")
    func sameIssuerTwice() async throws {
        let harness = try IdentityHarness()
        var second = harness.openIDConnect
        second.provider = ProviderID("second")
        second.audiences = ["https://second.example"]
        let chain = try await harness.warmChain(.openIDConnect(harness.openIDConnect), .openIDConnect(second))
        let now = harness.clock.wall

        let other = try harness.token(["aud": "https://second.example"])
        #expect(chain.immediateVerdict(on: other, at: now)?.token?.principal.provider.rawValue == "second")
        let neither = try harness.token(["aud": "https://third.example"])
        #expect(chain.immediateVerdict(on: neither, at: now)?.outcome == "audience")
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 1)
    }
}
