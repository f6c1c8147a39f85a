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
}
