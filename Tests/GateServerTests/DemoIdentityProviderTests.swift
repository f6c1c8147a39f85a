// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateDemo
import GateJSON
import GateOAuth
import Testing

@Suite("Demo identity provider")
struct DemoIdentityProviderTests {
    private let flow: DemoFlow

    init() throws { flow = try DemoFlow() }

    @Test("both kinds of discovery name the issuer exactly and offer S256 (RFC 8414 §2, OIDC Discovery §3)")
    func discovery() async throws {
        for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
            let response = await flow.get(path)
            let metadata = try AuthorizationServerMetadata(
                parsing: response.bytes, expecting: IssuerURL(DemoFlow.issuer))

            #expect(response.field("access-control-allow-origin") == "*")
            #expect(metadata.codeChallengeMethods == ["S256"])
            #expect(metadata.registrationEndpoint?.path == "/register")
        }
        #expect(await flow.get("/.well-known/oauth-authorization-server/mcp").status == 404)
    }

    @Test("published keys are public halves only (RFC 7517 §4)")
    func keys() async throws {
        let keys = try await flow.get("/jwks").json["keys"]?.array
        let key = try #require(keys?.first?.object)

        #expect(key["d"] == nil && key["use"]?.string == "sig" && key["kid"]?.string != nil)
    }

    @Test("sign-in and consent lead to a token for the resource asked for (RFC 8707, RFC 9068, RFC 9207)")
    func wholeFlow() async throws {
        let client = try await flow.publicClient()

        let answer = try await flow.signIn(flow.authorizeTarget(client, ["scope": "mcp.tools openid", "nonce": "n1"]))
        let callback = try answer.callbackParameters
        let token = try await flow.redeem(try #require(callback["code"]), client).json

        #expect(answer.field("location")?.hasPrefix(DemoFlow.callback + "?") == true)
        #expect(callback["state"] == "s 1&x")
        #expect(callback["iss"] == DemoFlow.issuer)
        let access = try claims(of: token["access_token"]?.string)
        #expect(access["aud"]?.string == DemoFlow.resource)
        #expect(access["iss"]?.string == DemoFlow.issuer)
        #expect(access["client_id"]?.string == client)
        #expect(access["scope"]?.string == "mcp.tools openid")
        #expect(access["preferred_username"]?.string == "alice")
        let id = try claims(of: token["id_token"]?.string)
        #expect(id["aud"]?.string == client)
        #expect(id["nonce"]?.string == "n1")
    }

    @Test("the consent page names the client, the user and where the answer goes, all escaped")
    func consentPage() async throws {
        let client = try await flow.publicClient(name: "<i>Evil</i> & \"Co\"\u{202E}")
        let page = try #require(await flow.get(flow.authorizeTarget(client)).field("location"))
        let signIn = await flow.get(page)
        _ = await flow.post(
            page,
            [("form", try signIn.formToken), ("username", "bob"), ("password", "password"), ("step", "sign-in")])

        let consent = await flow.get(page)

        #expect(consent.text.contains("&lt;i&gt;Evil&lt;/i&gt; &amp; &quot;Co&quot;"))
        #expect(!consent.text.contains("<i>") && !consent.text.contains("\u{202E}"))
        #expect(consent.text.contains("Bob Example") && consent.text.contains("http://localhost:7777"))
        let policy = try #require(consent.field("content-security-policy"))
        #expect(policy.contains("default-src 'none'") && policy.contains("form-action 'self' http://localhost:7777"))
    }

    @Test("a wrong code verifier is refused (RFC 7636 §4.6)")
    func wrongVerifier() async throws {
        let client = try await flow.publicClient()
        let code = try await flow.code(for: client)

        let answer = await flow.redeem(code, client, verifier: String(repeating: "x", count: 43))

        #expect(answer.status == 400 && answer.oauthError == "invalid_grant")
    }

    @Test("a code works once, and a replay ends what came of it (RFC 6749 §4.1.2)")
    func codeReplay() async throws {
        let client = try await flow.publicClient()
        let code = try await flow.code(for: client)
        let refreshToken = try #require(try await flow.redeem(code, client).json["refresh_token"]?.string)

        #expect(await flow.redeem(code, client).oauthError == "invalid_grant")
        #expect(await flow.refresh(refreshToken, client).oauthError == "invalid_grant")
    }

    @Test("a code is too old after a minute, another client's, or for another redirect URI")
    func codeMismatch() async throws {
        let client = try await flow.publicClient()
        let other = try await flow.publicClient(name: "Other")

        #expect(await flow.redeem(try await flow.code(for: client), other).oauthError == "invalid_grant")
        let wrongPlace = await flow.redeem(
            try await flow.code(for: client), client, redirectURI: "http://localhost:7777/other")
        #expect(wrongPlace.oauthError == "invalid_grant")
        let old = try await flow.code(for: client)
        flow.clock.advance(by: .seconds(61))
        #expect(await flow.redeem(old, client).oauthError == "invalid_grant")
    }

    @Test(
        "an unproven client or redirect URI gets a page, never a redirect (RFC 6749 §4.1.2.1)",
        arguments: [
            "https://evil.example/cb", "http://localhost:7777/other", "http://localhost:7777/cb/",
            "http://localhost.evil.example:7777/cb", "http://127.0.0.1:7777/cb", "javascript:alert(1)",
        ])
    func redirectMismatch(_ uri: String) async throws {
        let client = try await flow.publicClient()

        let answer = await flow.get(flow.authorizeTarget(client, ["redirect_uri": uri]))

        #expect(answer.status == 400 && answer.field("location") == nil)
        #expect(await flow.get(flow.authorizeTarget("demo.unknown")).field("location") == nil)
    }

    @Test("only the port of a loopback redirect URI may differ (RFC 8252 §7.3)")
    func loopbackPort() async throws {
        let client = try await flow.publicClient()

        let answer = await flow.get(flow.authorizeTarget(client, ["redirect_uri": "http://localhost:50123/cb"]))

        #expect(answer.field("location")?.hasPrefix("/interaction/") == true)
    }

    @Test(
        "bad requests of a proven client are answered at its redirect URI with state and iss",
        arguments: [
            ("code_challenge", nil, "invalid_request"), ("code_challenge_method", "plain", "invalid_request"),
            ("code_challenge_method", nil, "invalid_request"), ("response_type", "token", "unsupported_response_type"),
            ("resource", "https://other.example/mcp", "invalid_target"), ("scope", "nonsense", "invalid_scope"),
            ("prompt", "none", "interaction_required"), ("request", "x", "request_not_supported"),
        ] as [(String, String?, String)])
    func badRequests(_ name: String, _ value: String?, _ error: String) async throws {
        let client = try await flow.publicClient()

        let answer = try await flow.get(flow.authorizeTarget(client, [name: value])).callbackParameters

        #expect(answer["error"] == error && answer["state"] == "s 1&x" && answer["iss"] == DemoFlow.issuer)
        #expect(answer["code"] == nil)
    }

    @Test("a refusal on the consent page is access_denied")
    func deny() async throws {
        let client = try await flow.publicClient()

        let answer = try await flow.signIn(flow.authorizeTarget(client), decision: "deny").callbackParameters

        #expect(answer["error"] == "access_denied" && answer["code"] == nil)
    }

    @Test("a form from elsewhere, another browser, or a wrong password leads nowhere")
    func forgery() async throws {
        let client = try await flow.publicClient()
        let page = try #require(await flow.get(flow.authorizeTarget(client)).field("location"))
        let token = try await flow.get(page).formToken
        let good = [("username", "alice"), ("password", "password"), ("step", "sign-in")]

        #expect(await flow.post(page, [("form", "AAAA")] + good).status == 403)
        #expect(await flow.post(page, good).status == 403)
        let wrong = await flow.post(
            page, [("form", token), ("username", "alice"), ("password", "x"), ("step", "sign-in")])
        #expect(wrong.status == 403 && wrong.field("set-cookie") == nil)
        #expect(await flow.post(page, [("form", token), ("step", "allow")]).field("location") == nil)

        let cookie = flow.cookie
        flow.cookie = "gatehouse_demo_browser=" + String(repeating: "A", count: 43)
        #expect(await flow.post(page, [("form", token)] + good).status == 400)
        flow.cookie = cookie
        flow.clock.advance(by: .seconds(601))
        #expect(await flow.post(page, [("form", token)] + good).status == 400)
    }

    @Test("the cookie changes at sign-in, and a consent page can be answered once")
    func sessionFixation() async throws {
        let client = try await flow.publicClient()
        let page = try #require(await flow.get(flow.authorizeTarget(client)).field("location"))
        let before = flow.cookie
        let signIn = await flow.get(page)
        _ = await flow.post(
            page,
            [("form", try signIn.formToken), ("username", "alice"), ("password", "password"), ("step", "sign-in")])
        #expect(flow.cookie != before)

        let consent = try await flow.get(page).formToken
        #expect(await flow.post(page, [("form", consent), ("step", "allow")]).status == 303)
        #expect(await flow.post(page, [("form", consent), ("step", "allow")]).status == 400)
    }

    @Test("refresh tokens rotate; a late replay ends the family (RFC 9700 §4.14.2)")
    func rotation() async throws {
        let client = try await flow.publicClient()
        let first = try #require(
            try await flow.redeem(try await flow.code(for: client), client).json["refresh_token"]?.string)
        let second = try #require(try await flow.refresh(first, client).json["refresh_token"]?.string)
        #expect(second != first)

        flow.clock.advance(by: .seconds(11))
        #expect(await flow.refresh(first, client).oauthError == "invalid_grant")
        #expect(await flow.refresh(second, client).oauthError == "invalid_grant")
    }

    @Test("two refreshes with one token within moments both leave the session alive")
    func doubleRefresh() async throws {
        let client = try await flow.publicClient()
        let first = try #require(
            try await flow.redeem(try await flow.code(for: client), client).json["refresh_token"]?.string)

        let one = try #require(try await flow.refresh(first, client).json["refresh_token"]?.string)
        let two = try #require(try await flow.refresh(first, client).json["refresh_token"]?.string)

        #expect(one != two)
        #expect(await flow.refresh(one, client).status == 200)
        let other = try await flow.publicClient(name: "Other")
        #expect(await flow.refresh(two, other).oauthError == "invalid_grant")
    }

    @Test("a confidential client must show its secret, in the header field or the form")
    func confidential() async throws {
        let registered = try await flow.register(["redirect_uris": [.string(DemoFlow.callback)]]).json
        let client = try #require(registered["client_id"]?.string)
        let secret = try #require(registered["client_secret"]?.string)
        #expect(registered["token_endpoint_auth_method"]?.string == "client_secret_basic")

        let without = await flow.redeem(try await flow.code(for: client), client)
        #expect(without.status == 401 && without.oauthError == "invalid_client")

        func form(_ code: String) -> [(name: String, value: String)] {
            [
                ("grant_type", "authorization_code"), ("code", code), ("code_verifier", DemoFlow.verifier),
                ("redirect_uri", DemoFlow.callback),
            ]
        }
        let basic = "Basic " + Base64.encode(Array("\(client):\(secret)".utf8))
        let byField = await flow.post(
            "/token", form(try await flow.code(for: client)), fields: [("authorization", basic)])
        #expect(byField.status == 200)
        let byForm = await flow.post(
            "/token", form(try await flow.code(for: client)) + [("client_id", client), ("client_secret", secret)])
        #expect(byForm.status == 200)
        let both = await flow.post(
            "/token", form(try await flow.code(for: client)) + [("client_secret", secret)],
            fields: [("authorization", basic)])
        #expect(both.oauthError == "invalid_request")
    }

    @Test(
        "registration refuses what it cannot honour (RFC 7591 §3.2.2)",
        arguments: [
            (#"{}"#, "invalid_redirect_uri"), (#"{"redirect_uris":[]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["http://example.com/cb"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["javascript:alert(1)"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["https://a.example/cb#f"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["https://u@a.example/cb"]}"#, "invalid_redirect_uri"),
            (
                #"{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}"#,
                "invalid_client_metadata"
            ),
            (
                #"{"redirect_uris":["https://a.example/"],"grant_types":["implicit"]}"#, "invalid_client_metadata"
            ),
            (#"[]"#, "invalid_client_metadata"), (#"{"a":1,"a":2}"#, "invalid_client_metadata"),
        ])
    func registration(_ body: String, _ error: String) async {
        let answer = await flow.provider.respond(
            to: DemoRequest(method: "POST", path: "/register", body: Array(body.utf8)))

        #expect(answer.status == 400 && answer.oauthError == error)
    }

    @Test(
        "editors with a scheme of their own may register (RFC 8252 §7.1)",
        arguments: [
            "cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/cb", "https://vscode.dev/redirect",
        ])
    func applicationSchemes(_ uri: String) async throws {
        #expect(try await flow.publicClient(redirectURI: uri).hasPrefix("demo."))
    }

    @Test("a client identifier that was changed is not known")
    func forgedClient() async throws {
        let client = try await flow.publicClient()
        for forged in [client + "A", String(client.dropLast()), "demo." + client] {
            #expect(await flow.get(flow.authorizeTarget(forged)).status == 400)
        }
    }
}
