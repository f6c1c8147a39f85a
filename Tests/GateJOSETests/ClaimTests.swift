// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON
import GateTestKit
import GateTime
import Testing

@Suite("Claims of an access token (D6, D7)")
struct ClaimTests {
    let mint: TokenMint
    let judge: Judge

    init() throws {
        mint = try TokenMint()
        judge = try Judge(mint)
    }

    private func refusal(_ claims: [String: JSONValue?], type: String? = "at+jwt") throws -> JOSEError.Code? {
        judge.refusal(try mint.token(at: judge.now, claims: claims, type: type, signer: mint.signers[1]))
    }

    /// A token in whose payload the member `exp` is written as this text.
    private func refusal(expiry text: String) throws -> JOSEError.Code? {
        var claims = mint.claims(at: judge.now)
        claims["exp"] = nil
        let rest = String(decoding: JSONValue.object(claims).serialized().dropFirst(), as: UTF8.self)
        return judge.refusal(
            try mint.token(
                header: #"{"alg":"ES256","kid":"ec-1"}"#, payload: "{\"exp\":\(text),\(rest)", signer: mint.signers[1]))
    }

    @Test("good tokens pass: every typ of an access token, aud as string or array, no iat, no nbf")
    func controls() throws {
        for type in [nil, "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT"] {
            #expect(try refusal([:], type: type) == nil, "\(type ?? "absent")")
        }
        #expect(try refusal(["aud": ["https://other.example", .string(mint.audience)]]) == nil)
        #expect(try refusal(["iat": nil, "nbf": nil]) == nil)
        #expect(try refusal(["name": "Zoë 李 😀", "groups": .array((0..<80).map { .string("g\($0)") })]) == nil)
        #expect(
            try refusal(["aud": .array((0..<60).map { .string("https://a\($0).example") } + [.string(mint.audience)])])
                == nil)
    }

    @Test(
        "typ of another kind of JWT is refused (RFC 8725 §3.11)",
        arguments: [
            "logout+jwt", "dpop+jwt", "secevent+jwt", "oauth-authz-req+jwt", "token-introspection+jwt", "JOSE",
            "refresh+jwt", "", " JWT", "application/x/jwt", "application/", "text/jwt", "at+jwt;v=1",
        ])
    func types(_ type: String) throws {
        #expect(try refusal([:], type: type) == .tokenType)
    }

    @Test(
        "tokens bound to a key, ID tokens and logout tokens are not bearer tokens",
        arguments: [
            ("cnf", ["jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"]),
            ("cnf", ["x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"]),
            ("cnf", nil),
            ("nonce", "n-1"), ("at_hash", "abc"), ("c_hash", "abc"),
            ("events", ["http://schemas.openid.net/event/backchannel-logout": [:]]),
            ("token_use", "id"), ("token_use", "refresh"), ("typ", "ID"), ("typ", "Refresh"), ("typ", "Offline"),
            ("typ", "Serialized-ID"), ("typ", "logout"),
        ] as [(String, JSONValue)])
    func otherKinds(_ name: String, _ value: JSONValue) throws {
        #expect(try refusal([name: value]) == .tokenType)
    }

    @Test(
        "what Cognito and Keycloak call access tokens are access tokens",
        arguments: [("token_use", "access"), ("typ", "Bearer"), ("typ", "JWT")] as [(String, JSONValue)])
    func accessKinds(_ name: String, _ value: JSONValue) throws {
        #expect(judge.refusal(try mint.token(at: judge.now, claims: [name: value])) == nil)
    }

    @Test("a kind that is no text is not guessed at (FastMCP #3524)", arguments: ["token_use", "typ"])
    func oddKind(_ name: String) throws {
        #expect(try refusal([name: 1]) == .claims)
    }

    @Test("the marks of an ID token may be allowed by configuration, those of a refresh token may not")
    func idTokens() throws {
        var lenient = judge
        lenient.checks.refusesIDTokens = false

        #expect(lenient.refusal(try mint.token(at: judge.now, claims: ["nonce": "n-1"])) == nil)
        #expect(lenient.refusal(try mint.token(at: judge.now, claims: ["token_use": "id"])) == nil)
        #expect(lenient.refusal(try mint.token(at: judge.now, claims: ["typ": "Refresh"])) == .tokenType)
    }

    @Test(
        "iss is compared exactly and must be a string",
        arguments: [
            "https://login.example/", "HTTPS://LOGIN.EXAMPLE", "login.example", "http://login.example",
            "https://login.exampl", "https://login.example.evil.example", "https://login.example ",
            " https://login.example",
            "https://login.example\u{0}", "https://x@login.example", "https://login.example?x",
            "https://login.example#",
            "https://l\u{43e}gin.example", "https://login%2eexample", "",
        ])
    func issuer(_ issuer: String) throws {
        #expect(try refusal(["iss": .string(issuer)]) == .issuer)
    }

    @Test("iss of the wrong type or absent is refused")
    func issuerTypes() throws {
        #expect(try refusal(["iss": nil]) == .issuer)
        for value in [nil, 1, true, ["https://login.example"], ["iss": "https://login.example"]] as [JSONValue] {
            #expect(try refusal(["iss": value]) == .claims)
        }
    }

    @Test("canonically equivalent identifiers are different identifiers (RFC 3986 §6.2.1)")
    func canonicalEquivalence() throws {
        let mint = try TokenMint(issuer: "https://caf\u{e9}.example", audience: "https://\u{e9}.example")
        let judge = try Judge(mint)

        #expect(judge.refusal(try mint.token(at: judge.now)) == nil)
        #expect(judge.refusal(try mint.token(at: judge.now, claims: ["iss": "https://cafe\u{301}.example"])) == .issuer)
        #expect(judge.refusal(try mint.token(at: judge.now, claims: ["aud": "https://e\u{301}.example"])) == .audience)
    }

    @Test(
        "aud must name us exactly (RFC 9068 §4)",
        arguments: [
            "https://mcp.example/mc", "https://mcp.example/mcpx", "https://mcp.example/mcp/admin",
            "https://mcp.example",
            "https://mcp.example/mcp/", "HTTPS://MCP.EXAMPLE/MCP", "https://MCP.EXAMPLE/mcp",
            "https://x.example https://mcp.example/mcp", "https://x.example,https://mcp.example/mcp",
            "https://mcp.example/mcp ", "*", ".*", "", "https://mcp.example/mcp\u{0}", "https://login.example",
            "https://mcp.example/mcp?x=1", "https://mcp.example/%6dcp",
        ])
    func audience(_ audience: String) throws {
        #expect(try refusal(["aud": .string(audience)]) == .audience)
        #expect(try refusal(["aud": [.string(audience)]]) == .audience)
    }

    @Test("aud of the wrong type or absent is refused")
    func audienceTypes() throws {
        #expect(try refusal(["aud": nil]) == .audience)
        #expect(try refusal(["aud": []]) == .audience)
        let good = JSONValue.string(mint.audience)
        for value in [nil, 1, ["a": good], [good, 1], [good, nil], [[good]]] as [JSONValue] {
            #expect(try refusal(["aud": value]) == .claims)
        }
    }

    @Test(
        "exp must be a present, future JSON number within 64 bits",
        arguments: [
            ("1795392600", nil), ("1795392600.5", nil), ("1795392600.0e0", nil), ("1.7953926e9", nil),
            ("9223372036854775807", nil),
            ("1795391940.5", nil), ("1795391940", .expired), ("1795391939.9", .expired),
            ("0", .expired), ("-0", .expired), ("-1", .expired), ("1.5", .expired), ("1e-400", .expired),
            ("9223372036854775808", .claims), ("18446744073709551615", .claims), ("-9223372036854775809.5", .expired),
            ("18446744075504944216", .claims), ("1e308", .claims), ("1e400", .claims), ("-1e400", .claims),
            ("1e99999999", .claims),
            ("\"1795392600\"", .claims), ("true", .claims), ("null", .claims), ("[1795392600]", .claims),
            ("{\"v\":1795392600}", .claims), ("\"never\"", .claims), ("\"\"", .claims),
            ("NaN", .malformed), ("Infinity", .malformed), ("0x7fffffff", .malformed), ("017777777777", .malformed),
            ("+1795392600", .malformed),
        ] as [(String, JOSEError.Code?)])
    func expiry(_ text: String, _ expected: JOSEError.Code?) throws {
        #expect(try refusal(expiry: text) == expected)
    }

    @Test("exp is required, whatever else is spelled like it")
    func expiryAbsent() throws {
        #expect(try refusal(["exp": nil]) == .claims)
        #expect(try refusal(["exp": nil, "Exp": 9_999_999_999]) == .claims)
    }

    @Test("nbf and iat are honoured with the leeway")
    func beginning() throws {
        let now = judge.now.seconds
        for name in ["nbf", "iat"] {
            #expect(try refusal([name: .number(JSONNumber(now + 60))]) == nil)
            #expect(try refusal([name: .number(JSONNumber(now + 61))]) == .notYetValid)
            #expect(try refusal([name: 1_000_000_000_000_000_000]) == .notYetValid)
            #expect(try refusal([name: .string(String(now + 3_600))]) == .claims)
            #expect(try refusal([name: .null]) == .claims)
        }
    }

    @Test("leeway never exceeds a minute")
    func leeway() {
        #expect(ClaimChecks(issuer: .exactly([]), audiences: [], leeway: .seconds(3_600)).leeway == .seconds(60))
        #expect(ClaimChecks(issuer: .exactly([]), audiences: [], leeway: .seconds(-1)).leeway == .zero)
    }

    @Test("sub must be a string where it is present; required claims must be there")
    func subjects() throws {
        #expect(try refusal(["sub": 7]) == .claims)
        #expect(try refusal(["sub": nil]) == nil)
        var strict = judge
        strict.checks.requiredClaims = ["sub"]
        #expect(strict.refusal(try mint.token(at: judge.now, claims: ["sub": nil])) == .claims)
        strict.checks.requiresType = true
        #expect(strict.refusal(try mint.token(at: judge.now, type: nil)) == .tokenType)
    }

    @Test("an issuer may be matched by a function that sees the claims")
    func tenants() throws {
        var judge = judge
        judge.checks.issuer = .matching { issuer, claims in
            issuer.isExactly("https://login.example/\(claims["tid"]?.string ?? "")")
        }

        #expect(
            judge.refusal(try mint.token(at: judge.now, claims: ["iss": "https://login.example/t1", "tid": "t1"]))
                == nil)
        #expect(
            judge.refusal(try mint.token(at: judge.now, claims: ["iss": "https://login.example/t1", "tid": "t2"]))
                == .issuer)
    }

    @Test(
        "dropping, altering, retyping or repeating a claim that matters never lets a token through",
        arguments: 1...40 as ClosedRange<UInt64>)
    func mutation(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let signer = mint.signers[1]
        let vital = ["iss", "aud", "exp"]
        for _ in 0..<25 {
            var claims = mint.claims(at: judge.now)
            let name = random.pick(vital) ?? "exp"
            let original = claims[name]
            var payload: String
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                claims[name] = nil
                payload = String(decoding: JSONValue.object(claims).serialized(), as: UTF8.self)
            case 1:
                claims[name] = random.pick([nil, true, "", [], [:], [nil], "x"] as [JSONValue])
                payload = String(decoding: JSONValue.object(claims).serialized(), as: UTF8.self)
            case 2:
                let text = Self.altered(original?.string ?? "", &random)
                claims[name] =
                    name == "exp" ? .number(JSONNumber(judge.now.seconds - 61 - Int64(text.utf8.count))) : .string(text)
                payload = String(decoding: JSONValue.object(claims).serialized(), as: UTF8.self)
            case 3:
                // The claim under another spelling.
                claims[name] = nil
                claims[name.uppercased()] = original
                payload = String(decoding: JSONValue.object(claims).serialized(), as: UTF8.self)
            default:
                payload = String(decoding: JSONValue.object(claims).serialized().dropLast(), as: UTF8.self)
                payload += ",\"\(name)\":" + String(decoding: (original ?? .null).serialized(), as: UTF8.self) + "}"
            }
            let token = try mint.token(header: #"{"alg":"ES256","kid":"ec-1"}"#, payload: payload, signer: signer)

            #expect(judge.refusal(token) != nil, "seed \(seed): \(payload)")
        }
    }

    private static func altered(_ text: String, _ random: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        guard let index = bytes.indices.randomElement(using: &random) else { return "x" }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.remove(at: index)
        case 1: bytes.insert(UInt8.random(in: 0x21...0x7E, using: &random), at: index)
        default: bytes[index] ^= 1
        }
        let changed = String(decoding: bytes, as: UTF8.self)
        return changed == text ? text + "x" : changed
    }
}
