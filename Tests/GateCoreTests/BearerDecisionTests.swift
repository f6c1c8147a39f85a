// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateIdentity
import GateOAuth
import GateObserve
import GateTestKit
import GateTime
import Testing

/// AUTHENTICATE: requirements RS-01 to RS-24, defences D8 and D9.
@Suite struct BearerDecisionTests {
    @Test(
        "a request without credentials is challenged and goes nowhere, whatever its method (RS-01, RS-18)",
        arguments: ["POST", "GET", "DELETE", "HEAD", "PUT", "PATCH", "PROPFIND", "OPTIONS"])
    func challengesWithoutCredentials(method: String) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.get(bearer: nil)
        request.method = method

        let outcome = await harness.send(request)

        #expect(outcome.status == 401)
        #expect(outcome.fieldCount("WWW-Authenticate") == 1)
        #expect(harness.audit.events.map(\.reason) == ["no_credential"])
        #expect(harness.check.askedCount == 0)
    }

    @Test("the challenge without credentials names metadata and scope, and no error (RS-02, RS-03, RS-04)")
    func challengeWithoutError() async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.post(bearer: nil))

        let challenge = try #require(outcome.challenge)
        #expect(challenge.scheme == "bearer")
        #expect(
            challenge.parameters == [
                "scope": "mcp.read",
                "resource_metadata": "https://mcp.example/.well-known/oauth-protected-resource/mcp",
            ])
        #expect(outcome.field("Cache-Control") == "no-store")
    }

    @Test(
        "every refused token is 401 invalid_token with metadata and a description (RS-02, RS-05)",
        arguments: ScriptedCheck.rejections.keys.sorted())
    func invalidToken(kind: String) async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.post(bearer: "bad.\(kind)"))

        let challenge = try #require(outcome.challenge)
        #expect(outcome.status == 401)
        #expect(challenge.parameters["error"] == "invalid_token")
        #expect(challenge.parameters["error_description"]?.isEmpty == false)
        #expect(
            challenge.parameters["resource_metadata"]
                == "https://mcp.example/.well-known/oauth-protected-resource/mcp")
        #expect(harness.audit.events.map(\.reason) == ["token_\(kind)"])
        #expect(harness.audit.events.map(\.phase) == ["authenticate"])
    }

    @Test(
        "what follows the scheme must be one token, else it is no valid token (RS-05, D8)",
        arguments: [
            "Bearer  alice", "Bearer \"alice\"", "Bearer token=\"alice\"", "Bearer alice,", "Bearer alice x",
            "Bearer alice, Basic eDp5", "Bearer =", "Bearer ali=ce", "Bearer \u{E9}",
        ])
    func malformedToken(authorization: String) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.message
        request.authorization = authorization

        let outcome = await harness.send(request)

        #expect(outcome.status == 401)
        #expect(outcome.challenge?.parameters["error"] == "invalid_token")
        #expect(harness.check.askedCount == 0)
    }

    @Test(
        "another scheme, or ours without a token, is challenged like nothing at all (RS-14)",
        arguments: [
            "Basic YWxpY2U6c2VjcmV0", "DPoP alice", "JWT alice", "Token alice", "alice", "Bearer", "Bearer:alice",
            "Bearer: alice", "Bearer=alice", "Bearerx alice", "Beareralice", "Bearer\talice",
            "Basic eDp5, Bearer alice",
        ])
    func otherScheme(authorization: String) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.message
        request.authorization = authorization

        let outcome = await harness.send(request)

        #expect(outcome.status == 401)
        #expect(outcome.challenge?.parameters["error"] == nil)
        #expect(harness.check.askedCount == 0)
    }

    @Test("the scheme is compared without regard to case (RS-14)", arguments: ["Bearer", "bearer", "BEARER", "bEaReR"])
    func schemeCase(scheme: String) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.message
        request.authorization = "\(scheme) alice"

        #expect(await harness.send(request).isForwarded)
    }

    @Test(
        "two Authorization fields are 400 invalid_request, whichever is good (RS-13, D8)",
        arguments: [
            ["Bearer alice", "Bearer alice"], ["Bearer alice", "Bearer bad.signature"], ["Basic eDp5", "Bearer alice"],
        ])
    func twoCredentials(values: [String]) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.message
        request.authorization = values[0]
        request.fields = ["authorization: \(values[1])"]

        let outcome = await harness.send(request)

        #expect(outcome.status == 400)
        #expect(outcome.challenge?.parameters["error"] == "invalid_request")
        #expect(harness.audit.events.map(\.reason) == ["two_credentials"])
        #expect(harness.check.askedCount == 0)
    }

    static let tokenQueries = [
        "access_token=alice", "x=1&access_token=alice", "ACCESS_TOKEN=alice", "access%5Ftoken=alice",
        "%61ccess_token=alice", "x=1;access_token=alice", "access_token",
    ]

    @Test("a token in the query is no credential (RS-10, RFC 6750 §2.3)", arguments: tokenQueries)
    func tokenInQuery(query: String) async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.post("/mcp?\(query)", bearer: nil))

        #expect(outcome.status == 401)
        #expect(outcome.challenge?.parameters["error"] == "invalid_request")
        #expect(harness.check.askedCount == 0)
        #expect(harness.audit.events.first?.path == "/mcp")
    }

    @Test("a token in the query beside one in the header is one too many (RS-13)", arguments: tokenQueries)
    func tokenInQueryAndHeader(query: String) async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.post("/mcp?\(query)"))

        #expect(outcome.status == 400)
        #expect(outcome.challenge?.parameters["error"] == "invalid_request")
    }

    @Test(
        "other query parameters are none of the gate's business",
        arguments: ["q=access_token", "token=alice", "access_tokens=1", "access_token_hint=1", "a%ZZ=1&b=%"])
    func otherQuery(query: String) async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.post("/mcp?\(query)")).isForwarded)
    }

    @Test("a token in a form body is not honoured (RS-10)")
    func tokenInForm() async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.post(bearer: nil, body: "access_token=alice")
        request.contentType = "application/x-www-form-urlencoded"

        #expect(await harness.send(request).status == 401)

        request.authorization = "Bearer alice"
        #expect(await harness.send(request).status == 415)
    }

    @Test(
        "a token in any other field is none (D8)",
        arguments: [
            "Cookie: access_token=alice", "X-Authorization: Bearer alice", "Proxy-Authorization: Bearer alice",
            "X-Forwarded-Authorization: Bearer alice", "X-Access-Token: alice", "X-MS-TOKEN-AAD-ACCESS-TOKEN: alice",
            "X-ZUMO-AUTH: alice", "X-Forwarded-Access-Token: alice",
        ])
    func tokenElsewhere(field: String) async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.post(bearer: nil, [field]))

        #expect(outcome.status == 401)
        #expect(harness.check.askedCount == 0)
    }

    @Test("the client's token never reaches the upstream (RS-12)")
    func noPassThrough() async throws {
        let harness = try DecisionHarness()

        let upstream = try #require(await harness.send(.message).upstream)

        #expect(!upstream.lowercased().contains("authorization"))
        #expect(!upstream.contains("Bearer"))
    }

    @Test("the client's token is passed on when the operator asks for it by name")
    func passThroughOnRequest() async throws {
        let harness = try DecisionHarness { $0.forwardsAuthorization = true }

        let upstream = try #require(await harness.send(.message).upstream)

        #expect(upstream.contains("Authorization: Bearer alice\r\n"))
    }

    @Test("a dependency that is out is 503 with Retry-After, never 401 (RS-19)")
    func dependencyOut() async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.post(bearer: "down"))

        #expect(outcome.status == 503)
        #expect(outcome.field("Retry-After") == "7")
        #expect(outcome.fieldCount("WWW-Authenticate") == 0)
        #expect(harness.audit.events.map(\.outcome) == [.unavailable])
        #expect(harness.audit.events.map(\.reason) == ["dependency:introspection"])
    }

    @Test("every request is judged by itself, also after a good one (RS-11, SES-01)")
    func judgedEachTime() async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.message).isForwarded)
        #expect(await harness.send(.post(bearer: nil, ["Mcp-Session-Id: s-1"])).status == 401)
        #expect(await harness.send(.message).isForwarded)
    }

    @Test("a verdict is remembered until the token ends, and not longer (D6)")
    func verdictEnds() async throws {
        let harness = try DecisionHarness()

        let first = try #require(await harness.send(.message).plan)
        _ = await harness.send(.message)
        #expect(harness.check.askedCount == 1)
        #expect(harness.metrics.tokenCacheHits.value == 1)
        #expect(first.endsAt == harness.clock.now + .seconds(600))

        harness.clock.advance(by: .seconds(601))
        _ = await harness.send(.message)
        #expect(harness.check.askedCount == 2)
    }

    @Test("a stream may last as long as its token although the verdict is remembered for a shorter time (RS-24)")
    func streamOutlivesVerdict() async throws {
        let harness = try DecisionHarness()
        _ = await harness.send(.get())
        harness.clock.advance(by: .seconds(61))

        let plan = try #require(await harness.send(.get()).plan)

        #expect(harness.check.askedCount == 2)
        #expect(plan.endsAt == harness.clock.now + .seconds(600))
    }

    @Test("a refused token is not validated again for a moment, so that a flood of it is cheap")
    func refusalRemembered() async throws {
        let harness = try DecisionHarness()

        for _ in 0..<5 { #expect(await harness.send(.post(bearer: "bad.signature")).status == 401) }

        #expect(harness.check.askedCount == 1)
        #expect(harness.metrics.tokenCacheHits.value == 4)
    }

    @Test("a token whose key is not known is asked about again, since the key may come (RS-22)")
    func unknownKeyNotRemembered() async throws {
        let harness = try DecisionHarness()

        for _ in 0..<3 { _ = await harness.send(.post(bearer: "bad.key_unknown")) }

        // The gate keeps nothing; what the validator remembers is its own affair.
        #expect(harness.metrics.tokenCacheHits.value == 0)
        #expect(harness.metrics.tokenCacheMisses.value == 3)
    }

    @Test("no text of a request is reflected in a challenge or its body (RS-15, RS-17)")
    func nothingReflected() async throws {
        let harness = try DecisionHarness()
        let marker = "rEfLeCt"

        for request in [
            TestRequest.post("/mcp/\(marker)?q=\(marker)", bearer: nil, ["X-A: \(marker)", "Mcp-Name: \(marker)"]),
            .post("/mcp/\(marker)", bearer: "bad.signature", ["User-Agent: \(marker)"]),
            .post("/mcp?access_token=\(marker)", bearer: nil),
            TestRequest(host: "\(marker).example"),
        ] {
            let outcome = await harness.send(request)
            let text = (outcome.response?.fields.map { $0.value } ?? []).joined(separator: "\n") + outcome.body
            #expect(outcome.response != nil)
            #expect(!text.contains(marker))
            #expect(!text.contains("bad.signature"))
        }
    }

    @Test("addresses in a challenge come from configuration, whatever the request says (RS-21, D9, D16)")
    func urlsFromConfiguration() async throws {
        let harness = try DecisionHarness()
        let lies = [
            "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "Forwarded: host=evil.example;proto=http",
            "X-Original-URL: /evil", "X-Forwarded-Prefix: /evil",
        ]

        let outcome = await harness.send(.post(bearer: nil, lies))

        #expect(
            outcome.challenge?.parameters["resource_metadata"]
                == "https://mcp.example/.well-known/oauth-protected-resource/mcp")
    }

    @Test("a new configuration forgets verdicts made under the old one")
    func reloadForgets() async throws {
        let harness = try DecisionHarness()
        #expect(await harness.send(.message).isForwarded)

        var configuration = harness.configuration
        configuration.policies = [:]
        harness.gate.replace(with: .init(configuration))

        #expect(await harness.send(.message).status == 403)
    }
}
