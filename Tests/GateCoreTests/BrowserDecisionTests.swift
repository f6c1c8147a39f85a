// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateOAuth
import GateObserve
import Testing

/// Pages that call: requirements TRL-04 and COR-01 to COR-08.
@Suite struct BrowserDecisionTests {
    private static func harness() throws -> DecisionHarness {
        try DecisionHarness { $0.allowedOrigins = ["https://inspector.example"] }
    }

    @Test("a gate on this machine is open to this machine's pages")
    func loopbackOrigin() async throws {
        let harness = try DecisionHarness { $0.publicURL = try HTTPURL("http://127.0.0.1:8080") }
        for (origin, isAllowed) in [
            ("http://localhost:6274", true), ("http://127.0.0.1:6274", true), ("http://[::1]:1", true),
            ("http://localhost.evil.example", false), ("http://127.0.0.1.evil.example", false),
            ("http://localhost:6274/", false), ("null", false), ("http://evil@localhost", false),
        ] {
            let outcome = await harness.send(
                TestRequest(host: "127.0.0.1:8080", fields: ["Origin: \(origin)"]))
            #expect(outcome.isForwarded == isAllowed)
        }
    }

    @Test("all origins may call when the operator says so")
    func anyOrigin() async throws {
        let harness = try DecisionHarness { $0.allowedOrigins = ["*"] }

        #expect(await harness.send(.post(["Origin: https://any.example"])).isForwarded)
    }

    @Test("a preflight is answered before authentication, with the names listed (COR-01, COR-02)")
    func preflight() async throws {
        let harness = try Self.harness()
        var request = TestRequest.get(
            bearer: nil,
            [
                "Origin: https://inspector.example", "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: authorization, mcp-param-City, x-evil, mcp-param-a:b",
            ])
        request.method = "OPTIONS"

        let outcome = await harness.send(request)

        #expect(outcome.status == 204)
        #expect(outcome.body.isEmpty)
        #expect(outcome.fieldCount("WWW-Authenticate") == 0)
        #expect(outcome.field("Access-Control-Allow-Origin") == "https://inspector.example")
        #expect(outcome.field("Access-Control-Allow-Methods") == "GET, POST, DELETE, OPTIONS")
        let names = try #require(outcome.field("Access-Control-Allow-Headers"))
        for name in [
            "Authorization", "Content-Type", "Accept", "MCP-Protocol-Version", "Mcp-Session-Id", "Last-Event-ID",
            "Mcp-Method", "Mcp-Name", "mcp-param-city",
        ] { #expect(names.contains(name)) }
        #expect(!names.contains("*"))
        #expect(!names.contains("x-evil"))
        #expect(!names.contains(":"))
        #expect(outcome.field("Vary")?.contains("Origin") == true)
        #expect(harness.audit.events.map(\.reason) == ["preflight"])
        #expect(harness.audit.events.map(\.status) == [204])
    }

    @Test(
        "OPTIONS that is no preflight is a request like any other",
        arguments: [
            ["Origin: https://inspector.example"], ["Access-Control-Request-Method: POST"], [],
        ])
    func plainOptions(fields: [String]) async throws {
        let harness = try Self.harness()
        var request = TestRequest.get(bearer: nil, fields)
        request.method = "OPTIONS"

        #expect(await harness.send(request).status == 401)
    }

    @Test("the upstream's challenges and the gate's cookies do not come through (D20)")
    func upstreamAnswerCleaned() async throws {
        let harness = try Self.harness()
        let plan = try #require(await harness.send(.message).plan)

        let answer = harness.answer(
            plan, 401,
            [
                "WWW-Authenticate: Basic realm=\"evil\"", "Set-Cookie: AppServiceAuthSession=x",
                "Set-Cookie: AppServiceAuthSession1=x", "Set-Cookie: app=1", "X-Request-Id: theirs",
            ])

        #expect(!answer.contains("WWW-Authenticate"))
        #expect(!answer.contains("AppServiceAuthSession"))
        #expect(answer.contains("Set-Cookie: app=1"))
        #expect(answer.contains("\r\nX-Request-Id: \(plan.exchange.requestID.hex)\r\n"))
    }
}

extension TestRequest {
    static func get(_ fields: [String]) -> TestRequest { .get("/mcp", bearer: "alice", fields) }
}
