// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateJSON
import GateMCP
import GateOAuth
import GatePolicy
import GateTestKit
import GateTime
import GateCore
import GateObserve
import Testing

/// The one place of the one credential (requirements RS-10 to RS-16; RFC 6750 §2, defence D8).
struct CredentialPlaceTests {
    @Test(
        "the scheme's name is read without regard to case (RS-14, RFC 9110 §11.1)",
        arguments: ["Bearer", "bearer", "BEARER", "bEaReR"])
    func schemeName(_ scheme: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", "Authorization: \(scheme) \(try gate.token())")

        #expect(seen.isForwarded)
    }

    @Test(
        "another scheme is as good as none: a challenge without error (RS-14)",
        arguments: ["Basic eDp5", "DPoP TOKEN", "Token TOKEN", "BearerTOKEN", "TOKEN"])
    func otherScheme(_ value: String) async throws {
        let gate = try GateHarness()
        let value = value.replacing("TOKEN", with: try gate.token())

        let seen = await gate.ask("POST /mcp", "Authorization: \(value)")

        #expect(seen.status == 401)
        #expect(seen.reason == "no_credential")
        #expect(seen.challenge?.contains("error") == false)
    }

    @Test(
        "Bearer and then not one token is 401 (RS-13)",
        arguments: [
            "Bearer", "Bearer  TOKEN", "Bearer\tTOKEN", "Bearer TOKEN, Bearer x", "Bearer \"TOKEN\"", "Bearer TOKEN x",
            "Bearer token TOKEN", "Basic eDp5, Bearer TOKEN",
        ])
    func notOneToken(_ value: String) async throws {
        let gate = try GateHarness()
        let value = value.replacing("TOKEN", with: try gate.token())

        let seen = await gate.ask("POST /mcp", "Authorization: \(value)")

        #expect(seen.status == 401)
        #expect(!seen.isForwarded)
    }

    @Test("two Authorization fields are 400, also when they are equal (RS-13)", arguments: [true, false])
    func twoFields(_ areEqual: Bool) async throws {
        let gate = try GateHarness()
        let token = try gate.token()

        let seen = await gate.ask(
            "POST /mcp", bearer: token, "Authorization: Bearer \(areEqual ? token : "x")")

        #expect(seen.status == 400)
        #expect(seen.reason == "two_credentials")
        #expect(seen.local?.closesConnection == true)
    }

    @Test(
        "a token in the query is not looked at (RS-10, RFC 6750 §2.3)",
        arguments: ["access_token", "ACCESS_TOKEN", "access%5Ftoken"])
    func tokenInQuery(_ name: String) async throws {
        let gate = try GateHarness()
        let token = try gate.token()

        let seen = await gate.ask("POST /mcp?\(name)=\(token)")

        #expect(seen.status == 401)
        #expect(seen.reason == "token_in_query")
        #expect(seen.event?.path == "/mcp")
    }

    @Test(
        "a token in the query beside a field is two credentials: 400 (RS-13, RFC 6750 §3.1)",
        arguments: [
            "access_token=x", "ACCESS_TOKEN=x", "a=b&access%5Ftoken=x", "a=b;access_token=x", "%61ccess_token=x",
            "access_token=",
        ])
    func fieldAndQuery(_ query: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp?\(query)", bearer: try gate.token())

        #expect(seen.status == 400)
        #expect(seen.reason == "two_credentials")
        #expect(seen.challenge?.hasPrefix(#"Bearer error="invalid_request""#) == true)
    }

    @Test(
        "a query that only resembles one is nothing (RS-13)",
        arguments: ["my_access_token=x", "q=access_token", "access_tokens=1"])
    func harmlessQuery(_ query: String) async throws {
        let gate = try GateHarness()

        #expect(await gate.ask("POST /mcp?\(query)", bearer: try gate.token()).isForwarded)
    }

    @Test(
        "a token in a cookie, a form or a field of another name is not looked at (RS-10)",
        arguments: [
            "Cookie: access_token=TOKEN", "Proxy-Authorization: Bearer TOKEN",
            "X-Forwarded-Authorization: Bearer TOKEN",
            "X-Forwarded-Access-Token: TOKEN", "X-ZUMO-AUTH: TOKEN",
        ])
    func otherPlaces(_ field: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", field.replacing("TOKEN", with: try gate.token()))

        #expect(seen.status == 401)
    }

    @Test("a form with a token is no credential, and no message beside one (RS-10)")
    func form() async throws {
        let gate = try GateHarness()
        let type = "Content-Type: application/x-www-form-urlencoded"
        let token = try gate.token()

        #expect(await gate.ask("POST /mcp", type, body: "access_token=\(token)").status == 401)
        #expect(await gate.ask("POST /mcp", bearer: token, type, body: "access_token=\(token)").status == 415)
    }

    @Test("each request is judged for itself, session or not (RS-11, SES-01)")
    func everyRequest() async throws {
        let gate = try GateHarness()

        #expect(await gate.ask("POST /mcp", bearer: try gate.token(), "Mcp-Session-Id: s-1").isForwarded)
        #expect(await gate.ask("POST /mcp", "Mcp-Session-Id: s-1").status == 401)
    }

    @Test("the token never reaches the server behind the gate (RS-12)")
    func tokenStays() async throws {
        let gate = try GateHarness()
        let token = try gate.token()

        let seen = await gate.ask(
            "POST /mcp", bearer: token, "Proxy-Authorization: Bearer \(token)", "X-ZUMO-AUTH: \(token)",
            "Cookie: AppServiceAuthSession=\(token); theme=dark")

        #expect(seen.isForwarded)
        #expect(!seen.upstream.contains(token))
        #expect(seen.upstreamFields("Authorization").isEmpty)
        #expect(seen.upstreamFields("Cookie") == ["theme=dark"])
    }

    @Test("the operator may have the token forwarded, by name (RS-12)")
    func tokenForwardedOnRequest() async throws {
        let gate = try GateHarness { $0.forwardsAuthorization = true }
        let token = try gate.token()

        #expect(await gate.ask("POST /mcp", bearer: token).upstreamFields("Authorization") == ["Bearer \(token)"])
    }

    @Test("an Authorization field larger than any token is a bad token (D21)")
    func hugeCredential() async throws {
        let seen = try await GateHarness().ask("GET /mcp", bearer: String(repeating: "a", count: 32_730))

        #expect(seen.status == 401)
        #expect(seen.reason == "token_malformed")
        #expect(seen.local?.closesConnection == true)
    }

    @Test(
        "a challenge is one field and holds nothing of the request (RS-15, RS-21, defence D9)",
        arguments: [
            ("/mcp", "X-Forwarded-Host: evil.example"), ("/mcp", "Forwarded: host=evil.example;proto=http"),
            ("/mcp", "X-Original-URL: /evil"), ("/mcp/evil%22,%20Basic", "A: b"), ("/mcp/x?y=%22evil", "A: b"),
            ("/mcp", "Authorization: Evil evil"),
        ])
    func challengeIsConfiguration(_ path: String, _ field: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST \(path)", field)

        #expect(seen.challenge == (await gate.ask("POST /mcp")).challenge)
        #expect(seen.local?.fields.count { $0.name.lowercased() == "www-authenticate" } == 1)
    }
}
