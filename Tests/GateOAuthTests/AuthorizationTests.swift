// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateOAuth
import GateTestKit
import Testing

@Suite("Redirect URIs")
struct RedirectURITests {
    @Test(
        "AUT-04: https, or http on this machine (RFC 8252 §7)",
        arguments: [
            ("https://client.example/cb", true), ("http://127.0.0.1:53111/callback", true), ("http://[::1]/cb", true),
            ("http://localhost:8080/callback", true), ("https://client.example/cb?x=1", true),
            ("http://client.example/cb", false), ("http://localhost.evil.example/cb", false), ("https://c/cb#f", false),
            ("https://u@c/cb", false), ("https://c/a/../cb", false), ("https://c/%2e%2E/cb", false),
            ("https://c/./cb", false),
            ("javascript:alert(1)", false), ("data:text/html,x", false), ("file:///etc/passwd", false),
            ("vbscript:x", false),
            ("blob:https://c/1", false), ("about:blank", false), ("cursor://anysphere/cb", false), ("*", false),
            ("", false),
            ("https://*/cb", false), ("//c/cb", false), ("https://c/c b", false), ("https://c/{x}", false),
            ("\thttps://c/", false),
        ])
    func schemes(_ text: String, _ isAllowed: Bool) {
        #expect((RedirectURI(text) != nil) == isAllowed)
    }

    @Test("AUT-04: schemes of applications only from the operator's list, and never those that a browser runs")
    func applicationSchemes() throws {
        let schemes: Set = ["cursor", "com.example.app", "javascript", "data", "http"]
        let uri = try #require(
            RedirectURI("cursor://anysphere.cursor-retrieval/oauth/callback", applicationSchemes: schemes))
        #expect(uri.origin == "cursor:" && !uri.isLoopback)
        #expect(RedirectURI("com.example.app:/cb", applicationSchemes: schemes) != nil)
        for text in [
            "javascript:alert(1)", "JavaScript:x", "data:x", "http://evil.example/", "vscode://x", "cursor://x#f",
            "cursor://u@x", "1cursor:x", "cursor", ":x",
        ] {
            #expect(RedirectURI(text, applicationSchemes: schemes) == nil, "\(text)")
        }
    }

    @Test(
        "AUT-02, AUT-03: exact, but for the port of a loopback address (RFC 8252 §7.3)",
        arguments: [
            ("https://c.example/cb", "https://c.example/cb", true),
            ("https://c.example/cb", "https://c.example/cb/", false),
            ("https://c.example/cb", "https://c.example/CB", false),
            ("https://c.example/cb", "https://c.example/cb?x=1", false),
            ("https://c.example/cb", "https://c.example:443/cb", false),
            ("https://c.example/cb", "https://C.example/cb", false),
            ("https://c.example/cb", "https://c.example/%63b", false),
            ("https://c.example/cb", "https://c.example.evil/cb", false),
            ("https://c.example:1/cb", "https://c.example:2/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:53111/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true),
            ("http://[::1]/cb", "http://[::1]:9/cb", true), ("http://localhost/cb", "http://localhost:8080/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/other", false),
            ("http://127.0.0.1/cb", "http://localhost:1/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.2:1/cb", false),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb", false),
            ("http://127.0.0.1/cb?a=1", "http://127.0.0.1:1/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?a=1", false),
            ("http://127.0.0.1/cb?a=1", "http://127.0.0.1:1/cb?a=1", true),
            ("https://localhost/cb", "https://localhost:1/cb", false),
        ])
    func matching(_ registered: String, _ requested: String, _ admitted: Bool) throws {
        #expect(try #require(RedirectURI(registered)).admits(#require(RedirectURI(requested))) == admitted)
    }

    @Test(
        "the redirect corpus: nothing that leaves for another site is a redirect URI of the form it pretends to be",
        .enabled(if: Corpora.isPresent("redirects"), "the shared vectors are absent"))
    func corpus() throws {
        let registered = try #require(RedirectURI("https://allowed.host/cb"))
        var count = 0
        for vector in try Corpora.vectors("redirects") {
            guard let text = vector.string("url")?.replacing("ALLOWED.HOST", with: "allowed.host") else { continue }
            count += 1
            guard let uri = RedirectURI(text) else { continue }
            #expect(!registered.admits(uri), "\(vector.id)")
        }
        #expect(count > 500)
    }
}

@Suite("Form parameters and PKCE")
struct FormTests {
    @Test("RFC 6749 §3.1: repeated parameters are refused, also in disguise")
    func rfc6749_3_1_repeated() throws {
        for text in ["a=1&a=1", "a=1&%61=2", "a&a=", "client_id=x&state=y&client_id=x"] {
            #expect(throws: FormParameters.ParseError.self, "\(text)") { try FormParameters(parsing: text) }
        }
        let form = try FormParameters(parsing: "resource=a&resource=b&x=", mayRepeat: ["resource"])
        #expect(form.all("resource") == ["a", "b"] && form["resource"] == "a")
        #expect(form["x"] == "" && form.given("x") == nil && form["y"] == nil)
    }

    @Test(
        "broken escapes and octets that are no text are refused",
        arguments: ["a=%", "a=%4", "a=%zz", "%=1", "a=%ff", "a=%C3", "a=%ed%a0%80"])
    func malformed(_ text: String) {
        #expect(throws: FormParameters.ParseError.malformed) { try FormParameters(parsing: text) }
    }

    @Test("the number of parameters is bounded")
    func tooMany() {
        let text = (0...FormParameters.maximumCount).map { "p\($0)=" }.joined(separator: "&")
        #expect(throws: FormParameters.ParseError.tooMany) { try FormParameters(parsing: text) }
    }

    @Test("AUT-07: what is written is read back, whatever it holds")
    func roundTrip() throws {
        let values = [
            "", " ", "+", "%", "a=b&c", "é世\u{1F600}", "\r\n\0", "https://h/?a=b#c",
            String(repeating: "x", count: 2_048),
        ]
        let form = FormParameters(values.enumerated().map { ("p\($0.offset)+&=", $0.element) })
        #expect(try FormParameters(parsing: form.encoded) == form)
        #expect(try FormParameters(parsing: "a+b=c+d&&e").items.map(\.name) == ["a b", "e"])
    }

    @Test("RFC 7636 appendix B, and what fits no challenge")
    func rfc7636_appendixB() throws {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let text = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        let challenge = try #require(CodeChallenge(text, method: "S256"))
        #expect(CodeChallenge(verifier: verifier) == challenge && challenge.matches(verifier: verifier))
        for other in [
            "", verifier + "x", String(verifier.dropLast()), verifier.uppercased(), text,
            String(repeating: "a", count: 129),
        ] {
            #expect(!challenge.matches(verifier: other))
        }
        // The digest fits, the form does not: 42 characters, and one that is not unreserved (RFC 7636 §4.1).
        for short in [String(repeating: "a", count: 42), String(repeating: "a", count: 42) + "+"] {
            #expect(!CodeChallenge(verifier: short).matches(verifier: short))
        }
    }

    @Test(
        "D31, AUT-05: S256 only, and exactly 43 base64url characters (RFC 7636 §4.3)",
        arguments: [
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "plain"),
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", nil),
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "s256"),
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", "S256"),
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c", "S256"),
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "S256"),
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN", "S256"), ("", "S256"),
        ] as [(String, String?)])
    func challenges(_ text: String, _ method: String?) {
        #expect(CodeChallenge(text, method: method) == nil)
    }

    @Test("a verifier is fresh and fits its challenge")
    func verifiers() {
        let verifiers = (0..<50).map { _ in CodeChallenge.makeVerifier() }
        #expect(Set(verifiers).count == 50)
        #expect(verifiers.allSatisfy { CodeChallenge(verifier: $0).matches(verifier: $0) })
    }
}

@Suite("Authorization requests and responses")
struct AuthorizationRequestTests {
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    private static let good =
        "response_type=code&client_id=c&redirect_uri=http%3A%2F%2F127.0.0.1%3A5%2Fcb&state=s%20%2B&scope=a%20b"
        + "&code_challenge=\(challenge)&code_challenge_method=S256&resource=https%3A%2F%2Fgw%2Fmcp&nonce=n&prompt=login%20consent&vendor_x=1"

    private static func code(of query: String) -> OAuthError.Code? {
        do throws(OAuthError) {
            let form = try AuthorizationRequest.parameters(query)
            let registered = [RedirectURI("http://127.0.0.1/cb")].compactMap { $0 }
            let redirectURI = try AuthorizationRequest.Sender(parsing: form).redirectURI(among: registered)
            _ = try AuthorizationRequest(parsing: form, to: redirectURI)
            return nil
        } catch { return error.code }
    }

    @Test("AUT-16: a whole request; parameters that are not known are ignored (RFC 6749 §3.1, §4.1.1)")
    func whole() throws {
        let form = try AuthorizationRequest.parameters(Self.good)
        let sender = try AuthorizationRequest.Sender(parsing: form)
        let redirectURI = try sender.redirectURI(among: [#require(RedirectURI("http://127.0.0.1/cb"))])
        let request = try AuthorizationRequest(parsing: form, to: redirectURI)

        #expect(request.clientID == ClientID("c") && request.redirectURI.text == "http://127.0.0.1:5/cb")
        #expect(request.state == "s +" && request.scope == ["a", "b"] && request.nonce == "n")
        #expect(request.resources == [ResourceIndicator("https://gw/mcp")] && request.prompt == ["login", "consent"])
        // What a client builds is read back the same.
        let again = try AuthorizationRequest(
            parsing: AuthorizationRequest.parameters(request.parameters.encoded), to: redirectURI)
        #expect(again == request)
        #expect(try request.location(at: HTTPURL("https://i/a?x=1")).hasPrefix("https://i/a?x=1&response_type=code&"))
        #expect(try request.location(at: HTTPURL("https://i/a")).hasPrefix("https://i/a?response_type=code&"))
    }

    @Test(
        "AUT-01, AUT-05, AUT-06, AUT-11: what is refused, and as what",
        arguments: [
            ("response_type=code", "response_type=token", "unsupported_response_type"),
            ("response_type=code", "response_type=code%20id_token", "unsupported_response_type"),
            ("response_type=code&", "", "invalid_request"), ("client_id=c&", "", "invalid_request"),
            ("client_id=c", "client_id=", "invalid_request"),
            ("client_id=c", "client_id=c&client_id=c", "invalid_request"),
            ("state=s", "state=t&state=s", "invalid_request"), ("%3A5%2Fcb", "%3A5%2Fother", "invalid_request"),
            ("127.0.0.1", "evil.example", "invalid_request"),
            ("code_challenge_method=S256", "code_challenge_method=plain", "invalid_request"),
            ("code_challenge_method=S256", "", "invalid_request"), ("-cM", "-c", "invalid_request"),
            ("nonce=n", "request=x", "request_not_supported"),
            ("nonce=n", "request_uri=x", "request_uri_not_supported"),
            ("nonce=n", "response_mode=fragment", "invalid_request"),
            ("https%3A%2F%2Fgw%2Fmcp", "gw", "invalid_target"),
            ("https%3A%2F%2Fgw%2Fmcp", "https%3A%2F%2Fgw%23f", "invalid_target"),
            ("nonce=n", "nonce=%ff", "invalid_request"),
        ])
    func refused(_ part: String, _ replacement: String, _ code: String) {
        #expect(Self.code(of: Self.good) == nil)
        #expect(Self.good.contains(part))
        #expect(Self.code(of: Self.good.replacing(part, with: replacement)) == OAuthError.Code(code))
    }

    @Test("without redirect_uri the only registered one is meant (RFC 6749 §3.1.2.3)")
    func onlyRegistered() throws {
        let sender = try AuthorizationRequest.Sender(parsing: FormParameters([("client_id", "c")]))
        let (a, b) = (try #require(RedirectURI("https://a/")), try #require(RedirectURI("https://b/")))
        #expect(try sender.redirectURI(among: [a]) == a)
        #expect(throws: OAuthError.self) { try sender.redirectURI(among: [a, b]) }
        #expect(throws: OAuthError.self) { try sender.redirectURI(among: []) }
    }

    @Test("AUT-07, AUT-08: an answer carries state as it came, and iss (RFC 6749 §4.1.2, RFC 9207 §2)")
    func responses() throws {
        let uri = try #require(RedirectURI("https://c/cb?x=1"))
        let good = AuthorizationResponse(.code("c&d"), state: "a b+%", issuer: IssuerURL("https://i"))
        #expect(good.location(at: uri) == "https://c/cb?x=1&code=c%26d&state=a%20b%2B%25&iss=https%3A%2F%2Fi")
        let bad = AuthorizationResponse(
            .error(OAuthError(.accessDenied, "no \"way\"\n")), state: nil, issuer: IssuerURL("https://i"))
        #expect(bad.parameters.encoded == "error=access_denied&error_description=no%20way&iss=https%3A%2F%2Fi")
        for response in [good, AuthorizationResponse(.error(OAuthError(.accessDenied)), state: "s", issuer: nil)] {
            #expect(
                try AuthorizationResponse(parsing: FormParameters(parsing: response.parameters.encoded)) == response)
        }
        for text in ["", "state=s", "code=a&error=b", "code="] {
            #expect(throws: OAuthError.self) { try AuthorizationResponse(parsing: FormParameters(parsing: text)) }
        }
    }
}
