// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateOAuth
import GateObserve
import GateTestKit
import Testing

/// An outage is 503 and never 401: a 401 makes clients drop good tokens (requirement RS-19).
struct UnavailableTests {
    static let keySet = "https://login.example/jwks"
    static let endpoint = "https://login.example/introspect"

    static var unreachableKeys: ProviderConfiguration {
        .openIDConnect(
            OpenIDConnectConfiguration(
                provider: GateHarness.provider, issuer: IssuerURL(TokenMint.defaultIssuer),
                keySet: try? HTTPURL(keySet),
                audiences: [TokenMint.defaultAudience]))
    }

    static var introspection: ProviderConfiguration {
        .introspection(
            IntrospectionConfiguration(
                provider: GateHarness.provider, issuer: IssuerURL(TokenMint.defaultIssuer),
                endpoint: try? HTTPURL(endpoint), clientID: ClientID("gate"), clientSecret: Secret("s3cr3t"),
                audiences: [TokenMint.defaultAudience]))
    }

    @Test(
        "keys that cannot be fetched are 503 with Retry-After (RS-19)",
        arguments: [ScriptedFetcher.Reply.refused, .timeout, .status(500)])
    func keys(_ reply: ScriptedFetcher.Reply) async throws {
        let gate = try GateHarness([.init(provider: Self.unreachableKeys)])
        gate.fetcher.answer(Self.keySet, with: reply)

        let seen = await gate.ask("POST /mcp", bearer: try gate.token())

        #expect(seen.status == 503)
        #expect(seen["Retry-After"].flatMap(Int.init).map { $0 > 0 } == true)
        #expect(seen.challenge == nil)
        #expect(seen.reason == "dependency:jwks")
        #expect(seen.problem == "temporarily-unavailable")
    }

    @Test("a token that is nobody's stays 401 during an outage (RS-19)", arguments: ["garbage", "a.b.c", ""])
    func garbage(_ token: String) async throws {
        let gate = try GateHarness([.init(provider: Self.unreachableKeys)])
        gate.fetcher.answer(Self.keySet, with: .refused)

        #expect(await gate.ask("POST /mcp", bearer: token).status == 401)
    }

    @Test(
        "what the upstream fails to do is counted as unavailable, what the client fails to do as denied",
        arguments: [
            (UpstreamFailure.unreachable, 502, true), (.timedOut, 504, true), (.protocolViolation, 502, true),
            (.overloaded, 503, true), (.bodiesFull, 503, true), (.requestBodyBroken(.timedOut), 408, false),
            (.requestBodyBroken(.chunkMalformed), 400, false), (.requestBodyTooLarge, 413, false),
        ])
    func upstream(_ failure: UpstreamFailure, _ status: Int, isUnavailable: Bool) async throws {
        let harness = try DecisionHarness()
        let plan = try #require(await harness.send(.post()).plan)

        #expect(harness.gate.failed(failure, for: plan).status == status)
        harness.gate.finished(plan.exchange, status: status, answerBytes: 0)
        var text = PrometheusText()
        harness.metrics.write(to: &text)
        let moved = text.text.split(separator: "\n").filter { $0.hasSuffix(" 1") }
        let outcome = isUnavailable ? "unavailable" : "denied"
        #expect(moved.contains { $0.hasPrefix("gatehouse_requests_total{") && $0.contains("\"\(outcome)\"") })
        let failures = moved.filter { $0.hasPrefix("gatehouse_upstream_failures_total{") }
        // What no upstream had a part in is not counted against it.
        #expect(failures.count == (isUnavailable && failure != .bodiesFull ? 1 : 0))
    }

    @Test("keys that come after a wait decide the request that waited (RS-19)")
    func waits() async throws {
        let gate = try GateHarness([.init(provider: Self.unreachableKeys)])
        gate.fetcher.answer(Self.keySet, with: .json(gate.mint.keySet()))

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), "X-Kept: yes")

        #expect(seen.isForwarded)
        #expect(seen.upstreamFields("X-Kept") == ["yes"])
    }

    @Test("an introspection outage is 503 (RS-19)", arguments: [ScriptedFetcher.Reply.refused, .timeout, .status(503)])
    func introspectionOutage(_ reply: ScriptedFetcher.Reply) async throws {
        let gate = try GateHarness([.init(provider: Self.introspection)])
        gate.fetcher.answer(Self.endpoint, with: reply)

        let seen = await gate.ask("POST /mcp", bearer: "opaque-1")

        #expect(seen.status == 503)
        #expect(seen.reason == "dependency:introspection")
    }

    @Test(
        "an introspected token is judged by what was answered (RS-20, RFC 7662 §2.2)",
        arguments: [
            (#"{"active":false}"#, 401), (#"{"active":true,"sub":"alice","aud":"https://other.example"}"#, 401),
            (#"{"active":true,"sub":"alice","aud":"https://mcp.example/mcp","exp":1795391000}"#, 401),
            (#"{"active":true,"sub":"alice","aud":"https://mcp.example/mcp","scope":"mcp.other"}"#, 403),
            (
                #"{"active":true,"sub":"alice","aud":"https://mcp.example/mcp","scope":"mcp.read","token_type":"dpop"}"#,
                401
            ),
            (#"{"active":true,"sub":"alice","aud":"https://mcp.example/mcp","scope":"mcp.read"}"#, nil),
        ] as [(String, Int?)])
    func introspected(_ answer: String, _ status: Int?) async throws {
        let gate = try GateHarness([.init(required: ["mcp.read"], provider: Self.introspection)])
        gate.fetcher.answer(Self.endpoint, with: .json(answer))

        let seen = await gate.ask("POST /mcp", bearer: "opaque-1")

        #expect(seen.status == status)
        #expect(seen.isForwarded == (status == nil))
    }
}
