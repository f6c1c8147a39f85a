// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateTestKit
import Testing

@Suite("Bearer challenges")
struct ChallengeTests {
    private static let metadata = "https://gw.example/.well-known/oauth-protected-resource/mcp"

    @Test("RS-04: no error where nothing was presented (RFC 6750 §3.1)")
    func rfc6750_3_1_noErrorWithoutCredentials() {
        let challenge = BearerChallenge(
            resourceMetadata: Self.metadata, scope: ["mcp.read"], errorDescription: "never seen")
        #expect(challenge.fieldValue == #"Bearer scope="mcp.read", resource_metadata="\#(Self.metadata)""#)
    }

    @Test("RS-05, SCP-01: the error, what it means and what would help, in one order (RFC 6750 §3, RFC 9728 §5.1)")
    func rfc6750_3_allParameters() {
        let challenge = BearerChallenge(
            resourceMetadata: Self.metadata, scope: ["mcp.read", "mcp.write"], error: .insufficientScope,
            errorDescription: "more scope is needed",
            authorizationURI: "https://login.microsoftonline.com/t/oauth2/v2.0/authorize", realm: "gw.example")
        #expect(
            challenge.fieldValue == #"""
                Bearer realm="gw.example", error="insufficient_scope", error_description="more scope is needed", \#
                scope="mcp.read mcp.write", resource_metadata="\#(Self.metadata)", \#
                authorization_uri="https://login.microsoftonline.com/t/oauth2/v2.0/authorize"
                """#)
    }

    @Test("a challenge without parameters is the scheme alone, and empty parameters are left out")
    func bare() {
        #expect(BearerChallenge().fieldValue == "Bearer")
        #expect(BearerChallenge(resourceMetadata: "", errorDescription: "x", realm: "\"\\").fieldValue == "Bearer")
    }

    @Test("PRM-05: offline_access is never demanded")
    func offlineAccess() {
        #expect(BearerChallenge(scope: ["a", "offline_access", "b"]).fieldValue == #"Bearer scope="a b""#)
        #expect(BearerChallenge(scope: ["offline_access"]).fieldValue == "Bearer")
    }

    @Test(
        "RS-15: nothing that is put in ends the string, the challenge or the line (RFC 6750 §3)",
        arguments: [
            #"x", error="invalid_token"#, "x\r\nSet-Cookie: a=b", #"x\"#, #"\", Basic realm="y"#,
            "x\u{0}\u{7F}\u{1B}[0m",
            "x\u{2028}é世", "\", Digest", "a, Bearer b=c",
        ])
    func rfc6750_3_injection(_ text: String) throws {
        let challenge = BearerChallenge(
            resourceMetadata: text, scope: Scope(parsing: text), error: .invalidToken, errorDescription: text,
            authorizationURI: text, realm: text)
        let value = challenge.fieldValue

        #expect(value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
        let parsed = try AuthenticationChallenge.parse(value)
        #expect(parsed.count == 1 && parsed.first?.scheme == "bearer")
        let known: Set = ["realm", "error", "error_description", "scope", "resource_metadata", "authorization_uri"]
        let names = Set((parsed.first?.parameters ?? [:]).keys)
        #expect(names.isSubset(of: known))
        #expect(parsed.first?.parameters["error"] == "invalid_token")
    }

    @Test("whatever a challenge holds, it is one challenge with exactly these parameters")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 0x6368_616C)
        let alphabet = (0x20...0x7E).filter { $0 != 0x22 && $0 != 0x5C }.map { Character(Unicode.Scalar(UInt8($0))) }
        for _ in 0..<500 {
            func text() -> String {
                String((0..<Int.random(in: 1...12, using: &generator)).compactMap { _ in generator.pick(alphabet) })
            }
            let challenge = BearerChallenge(
                resourceMetadata: text(), error: .invalidRequest, errorDescription: text(), realm: text())
            let parsed = try AuthenticationChallenge.parse(challenge.fieldValue)
            #expect(
                parsed == [
                    AuthenticationChallenge(
                        scheme: "bearer",
                        parameters: [
                            "resource_metadata": challenge.resourceMetadata ?? "", "error": "invalid_request",
                            "error_description": challenge.errorDescription ?? "", "realm": challenge.realm ?? "",
                        ])
                ])
        }
    }
}

@Suite("Lists of challenges")
struct ChallengeParserTests {
    @Test(
        "schemes, parameters and token68 (RFC 9110 §11.2, §11.6.1)",
        arguments: [
            ("", []), (" , ,", []),
            ("Bearer", [AuthenticationChallenge(scheme: "bearer")]),
            (#"BEARER Realm="a, b=\"c\" d""#, [.init(scheme: "bearer", parameters: ["realm": #"a, b="c" d"#])]),
            ("Bearer a=b,c = \"d\"\t,e=\"\"", [.init(scheme: "bearer", parameters: ["a": "b", "c": "d", "e": ""])]),
            (
                #"Basic realm="x", charset="UTF-8", Bearer, Negotiate, DPoP algs="ES256""#,
                [
                    .init(scheme: "basic", parameters: ["realm": "x", "charset": "UTF-8"]), .init(scheme: "bearer"),
                    .init(scheme: "negotiate"), .init(scheme: "dpop", parameters: ["algs": "ES256"]),
                ]
            ),
            (
                "Negotiate YWJj/+==, Bearer error=invalid_token",
                [
                    .init(scheme: "negotiate", token68: "YWJj/+=="),
                    .init(scheme: "bearer", parameters: ["error": "invalid_token"]),
                ]
            ),
            (", Bearer a=1,, b=2 ,", [.init(scheme: "bearer", parameters: ["a": "1", "b": "2"])]),
            (
                "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
                [
                    .init(scheme: "newauth", parameters: ["realm": "apps", "type": "1", "title": #"Login to "apps""#]),
                    .init(scheme: "basic", parameters: ["realm": "simple"]),
                ]
            ),
        ] as [(String, [AuthenticationChallenge])])
    func lists(_ value: String, _ expected: [AuthenticationChallenge]) throws {
        #expect(try AuthenticationChallenge.parse(value) == expected)
    }

    @Test(
        "what could be read in two ways is refused",
        arguments: [
            #"Bearer a="b" c="d""#, #"Bearer realm="h" authorization_uri="u""#, #"Bearer a="b"#, #"Bearer a="b\"#,
            "Bearer a=,b=c", #"Bearer a="1", A="2""#, "Bearer a=b c", "=a", #""Bearer""#,
            "Bearer a=\u{E9}",
            "Bearer a=\"\u{E9}\"", "Bearer a=\"\r\n\"", "Bearer a=\"\\\u{0}\"", "Bearer (a)", "Bearer;a=b",
            "Bearer a==b",
            "Bearer a=b=c",
        ])
    func refused(_ value: String) {
        #expect(throws: AuthenticationChallenge.ParseError.self) { try AuthenticationChallenge.parse(value) }
    }

    @Test("the Bearer challenge is found beside others")
    func bearer() throws {
        let challenges = try AuthenticationChallenge.parse(#"Basic realm="x", Bearer scope="a""#)
        #expect(AuthenticationChallenge.bearer(in: challenges)?.parameters == ["scope": "a"])
        #expect(AuthenticationChallenge.bearer(in: []) == nil)
    }

    @Test("no octets make the parser trap, and an error's offset lies within the text")
    func anything() {
        var generator = SeededGenerator(seed: 0x7761_7463)
        let spice = Array("Bearer a=b,\"\\\t =/+~\u{0}é".utf8)
        for _ in 0..<20_000 {
            let octets = (0..<Int.random(in: 0...24, using: &generator)).map { _ in generator.pick(spice) ?? 0 }
            do throws(AuthenticationChallenge.ParseError) {
                for challenge in try AuthenticationChallenge.parse(octets.span) { #expect(!challenge.scheme.isEmpty) }
            } catch { #expect((0...octets.count).contains(error.offset)) }
        }
    }
}
