// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateIdentity
import GateJSON
import GateOAuth
import GateTestKit
import GateTime
import Testing

/// The relying party's half: what is asked, what is believed (defence D23; the names of OpenID's conformance modules).
@Suite("Sign-in at an OpenID provider")
struct SignInTests {
    private func query(_ location: String) throws -> FormParameters {
        let url = try HTTPURL(location)
        return try FormParameters(parsing: try #require(url.query))
    }

    @Test("the request has PKCE, state and nonce, and a link cannot change what the protocol sets (D22, D28)")
    func authorizationRequest() async throws {
        let bench = try SignInBench {
            $0.loginParameters = [("domain_hint", "contoso.com"), ("resource", "r"), ("state", "x")]
        }
        var request = bench.request
        request.scope = ["calendar"]
        request.parameters = [
            ("prompt", "login"), ("domain_hint", "other"), ("redirect_uri", "https://evil.example"), ("client_id", "x"),
            ("response_type", "token"), ("nonce", "x"), ("code_challenge", "x"), ("scope", "x"),
            ("request_uri", "https://x"),
            ("response_mode", "fragment"), ("claims", "{}"),
        ]
        let location = try await bench.provider.authorizationURL(for: request)
        let sent = try query(location)

        #expect(location.hasPrefix("https://id.example/authorize?"))
        #expect(sent["response_type"] == "code" && sent["client_id"] == SignInBench.client)
        #expect(sent["redirect_uri"] == request.redirectURI && sent["state"] == "st4te" && sent["nonce"] == "n0nce")
        #expect(sent["code_challenge"] == CodeChallenge(verifier: request.verifier.revealed).text)
        #expect(sent["code_challenge_method"] == "S256")
        #expect(sent["scope"] == "openid profile email calendar")
        #expect(sent["prompt"] == "login" && sent["domain_hint"] == "other" && sent["resource"] == "r")
        #expect(sent["request_uri"] == nil && sent["response_mode"] == nil && sent["claims"] == nil)
        #expect(!location.contains("evil.example"))
    }

    @Test("what the operator demands of a sign-in, a link cannot take back")
    func demands() async throws {
        let bench = try SignInBench { $0.loginParameters = [("prompt", "login"), ("max_age", "60")] }
        var request = bench.request
        request.parameters = [("prompt", "none"), ("max_age", "99999"), ("acr_values", "x")]
        let sent = try query(try await bench.provider.authorizationURL(for: request))

        #expect(sent["prompt"] == "login" && sent["max_age"] == "60" && sent["acr_values"] == "x")
    }

    @Test("the scope is what was granted; roles of an ID token are no scope")
    func scope() async throws {
        let bench = try SignInBench()
        bench.answer(idToken: try bench.idToken(["roles": ["mcp.read"]]))
        #expect(await bench.redeem().principal?.scope == [])
        bench.answer(idToken: try bench.idToken(["roles": ["mcp.read"]]), ["scope": "openid email"])
        #expect(await bench.redeem().principal?.scope == ["openid", "email"])
    }

    @Test("an endpoint with a query keeps it, and form_post is asked for where it is wanted")
    func endpointWithQuery() async throws {
        let bench = try SignInBench(
            { $0.usesFormPost = true }, metadata: ["authorization_endpoint": "https://id.example/authorize?p=policy"])
        let location = try await bench.provider.authorizationURL(for: bench.request)

        #expect(location.hasPrefix("https://id.example/authorize?p=policy&response_type=code&"))
        #expect(try query(location)["response_mode"] == "form_post")
    }

    @Test(
        "a good answer: who it is, with which tokens; the code goes with verifier and secret", arguments: [true, false])
    func good(isBasic: Bool) async throws {
        let bench = try SignInBench { $0.authentication = isBasic ? .clientSecretBasic : .clientSecretPost }
        bench.answer(
            idToken: try bench.idToken(["at_hash": .string(SignInBench.hash(SignInBench.accessToken))]),
            ["refresh_token": "r3fresh"])
        let result = try await bench.redeem().get()

        #expect(result.principal.subject == "alice" && result.principal.name == "alice@example.com")
        #expect(result.principal.issuer == IssuerURL(SignInBench.issuer))
        #expect(result.principal.clientID == ClientID(SignInBench.client))
        #expect(result.tokens.refreshToken == Secret("r3fresh"))
        #expect(result.tokens.expiresAt == bench.clock.now + .seconds(600))
        let asked = try #require(bench.fetcher.asked.first { $0.address == "https://id.example/token" })
        let form = try FormParameters(parsing: asked.body)
        #expect(form["grant_type"] == "authorization_code" && form["code"] == "c0de")
        #expect(form["redirect_uri"] == bench.request.redirectURI)
        #expect(form["code_verifier"] == bench.request.verifier.revealed)
        #expect((asked.field("authorization") != nil) == isBasic && (form["client_secret"] != nil) != isBasic)
        #expect(bench.fetcher.count(of: "https://id.example/userinfo") == 0)
    }

    /// What the ID token claims instead, and by which word it is refused.
    static let lies: [(module: String, edits: [String: JSONValue?], refusal: SignInFailure.Refusal)] = [
        ("nonce-invalid", ["nonce": "other"], .nonce), ("nonce-missing", ["nonce": .none], .nonce),
        ("nonce-number", ["nonce": 5], .nonce), ("invalid-iss", ["iss": "https://evil.example"], .idToken(.issuer)),
        ("iss-slash", ["iss": "https://id.example/"], .idToken(.issuer)),
        ("missing-iss", ["iss": .none], .idToken(.issuer)),
        ("invalid-aud", ["aud": "other"], .idToken(.audience)), ("missing-aud", ["aud": .none], .idToken(.audience)),
        ("aud-without-azp", ["aud": ["web-client", "other"]], .authorizedParty),
        ("foreign-azp", ["azp": "other"], .authorizedParty),
        ("foreign-azp-among-audiences", ["aud": ["web-client", "other"], "azp": "other"], .authorizedParty),
        ("azp-number", ["azp": 5], .authorizedParty), ("bad-at-hash", ["at_hash": "AAAA"], .accessTokenHash),
        ("at-hash-number", ["at_hash": 1], .accessTokenHash), ("missing-iat", ["iat": .none], .idToken(.claims)),
        ("missing-sub", ["sub": .none], .idToken(.claims)), ("empty-sub", ["sub": ""], .idToken(.claims)),
        ("missing-exp", ["exp": .none], .idToken(.claims)), ("expired", ["exp": 1_000], .idToken(.expired)),
        ("iat-in-the-future", ["iat": 4_000_000_000], .idToken(.notYetValid)),
    ]

    @Test("a lie of the ID token's is refused (D23)", arguments: lies)
    func lie(_ lie: (module: String, edits: [String: JSONValue?], refusal: SignInFailure.Refusal)) async throws {
        let bench = try SignInBench()
        bench.answer(idToken: try bench.idToken(lie.edits))

        #expect(await bench.redeem().failure == .refused(lie.refusal), "\(lie.module)")
    }

    @Test("several audiences with our azp, and an azp that is us, are fine (D23)")
    func authorizedParty() async throws {
        let bench = try SignInBench()
        bench.answer(idToken: try bench.idToken(["aud": ["web-client", "other"], "azp": "web-client"]))

        #expect(await bench.redeem().principal?.subject == "alice")
    }

    @Test("a signature that is not the provider's is refused: another key, none, our own secret, another type (D23)")
    func signatures() async throws {
        let bench = try SignInBench()
        let stranger = try TokenMint.strangersKey()
        bench.answer(idToken: try bench.idToken(signer: stranger))
        #expect(await bench.redeem().failure == .refused(.idToken(.signature)))
        let claims = try #require(try bench.idToken().split(separator: ".").dropFirst().first)
        for header in [#"{"alg":"none"}"#, #"{"alg":"HS256","typ":"JWT"}"#] {
            bench.answer(idToken: "\(Base64URL.encode(Array(header.utf8))).\(claims).c2ln")
            let failure = await bench.redeem().failure
            #expect(failure == .refused(.idToken(.algorithm)), "\(header): \(String(describing: failure))")
        }
        bench.answer(idToken: try bench.idToken(type: "at+jwt"))
        #expect(await bench.redeem().failure == .refused(.idToken(.tokenType)))
        bench.answer(idToken: "not.a.jwt")
        #expect(await bench.redeem().principal == nil)
    }

    @Test("the issuer that answers must be the one that was asked (RFC 9207; D23)")
    func issuerParameter() async throws {
        let silent = try SignInBench()
        silent.answer(idToken: try silent.idToken())
        #expect(await silent.redeem().principal != nil)
        #expect(await silent.redeem(issuer: SignInBench.issuer).principal != nil)
        #expect(await silent.redeem(issuer: "https://evil.example").failure == .refused(.issuerParameter))

        let bench = try SignInBench(metadata: ["authorization_response_iss_parameter_supported": true])
        bench.answer(idToken: try bench.idToken())
        #expect(await bench.redeem().failure == .refused(.issuerParameter))
        #expect(await bench.redeem(issuer: SignInBench.issuer).principal != nil)
        #expect(bench.fetcher.count(of: "https://id.example/token") == 1, "no code goes to anybody before that")
    }

    @Test("userinfo gives a name that the ID token lacks, if it is about the same person (D23)")
    func userInfo() async throws {
        let bench = try SignInBench()
        bench.answer(idToken: try bench.idToken(["email": .none]))
        bench.fetcher.answer(
            "https://id.example/userinfo", with: .json(#"{"sub":"alice","name":"Alice A.","iss":"x"}"#))
        let principal = try #require(await bench.redeem().principal)
        #expect(principal.name == "Alice A." && principal.issuer == IssuerURL(SignInBench.issuer))
        let asked = try #require(bench.fetcher.asked.last)
        #expect(asked.field("authorization") == "Bearer \(SignInBench.accessToken)")

        for body in [#"{"sub":"mallory","name":"M"}"#, #"{"name":"M"}"#, #"{"sub":5}"#] {
            bench.fetcher.answer("https://id.example/userinfo", with: .json(body))
            #expect(await bench.redeem().failure == .refused(.userInfoSubject), "\(body)")
        }
        bench.fetcher.answer("https://id.example/userinfo", with: .status(403))
        #expect(await bench.redeem().principal?.name == nil)
    }

    @Test("errors of the provider: a person's no is one, its own are another")
    func errors() async throws {
        let bench = try SignInBench()
        for (code, isDenial) in [("access_denied", true), ("login_required", true), ("invalid_scope", false)] {
            let error = OAuthError(OAuthError.Code(code), "why")
            let failure = await bench.redeem(AuthorizationResponse(.error(error), state: "st4te", issuer: nil)).failure
            #expect(failure == (isDenial ? .denied(error) : .provider(error)))
        }
        bench.fetcher.answer(
            "https://id.example/token",
            with: .json(
                #"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."}"#, status: 401)
        )
        let failure = try #require(await bench.redeem().failure)
        #expect(failure.providerCode == "AADSTS7000215")
        #expect(!String(describing: failure).contains("cl1ent-s3cret"))
    }

    @Test(
        "an outage is one: nobody is told that their sign-in was wrong (D37)",
        arguments: [
            ScriptedFetcher.Reply.timeout, .refused, .broken, .status(503), .status(302), .json("<html>"), .json("{}"),
            .json(#"{"access_token":5,"token_type":"Bearer"}"#),
        ])
    func outages(_ reply: ScriptedFetcher.Reply) async throws {
        let bench = try SignInBench()
        bench.fetcher.answer("https://id.example/token", with: reply)
        guard case .unavailable(let failure)? = await bench.redeem().failure else {
            Issue.record("not an outage")
            return
        }
        #expect(!failure.detail.contains("s3cret") && !failure.detail.contains("c0de"))
    }

    @Test("tokens that are not there, or of a kind that nobody can use, are refused")
    func unusable() async throws {
        let bench = try SignInBench()
        bench.answer(idToken: nil)
        #expect(await bench.redeem().failure == .refused(.idTokenMissing))
        bench.answer(idToken: try bench.idToken(), ["token_type": "DPoP"])
        #expect(await bench.redeem().failure == .refused(.tokenType))
    }

    @Test("metadata of another issuer, or without a token endpoint, leads nobody anywhere (D28)")
    func metadata() async throws {
        for metadata in [["issuer": "https://evil.example"], ["token_endpoint": 5]] as [JSONObject] {
            let bench = try SignInBench(metadata: metadata)
            await #expect(throws: SignInFailure.self) { try await bench.provider.authorizationURL(for: bench.request) }
        }
    }

    @Test("endpoints that are configured are used, without any metadata")
    func fixedEndpoints() async throws {
        let authorization = try HTTPURL("https://id.example/a"), token = try HTTPURL("https://id.example/t")
        let bench = try SignInBench { $0.endpoints = (authorization, token) }
        #expect(try await bench.provider.authorizationURL(for: bench.request).hasPrefix("https://id.example/a?"))
        bench.answer(idToken: try bench.idToken())
        _ = await bench.redeem()

        #expect(bench.fetcher.count(of: "https://id.example/t") == 1)
    }
}
