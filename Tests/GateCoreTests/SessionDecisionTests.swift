// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateObserve
import Testing

/// MCP sessions: requirements SES-01 to SES-06, TRL-08.
@Suite struct SessionDecisionTests {
    private static func opened(_ harness: DecisionHarness, _ id: String, by bearer: String = "alice") async throws {
        let plan = try #require(await harness.send(.post(bearer: bearer)).plan)
        _ = harness.answer(plan, 200, ["Mcp-Session-Id: \(id)"])
    }

    @Test(
        "somebody else's session is answered like an unknown one, and the upstream is not reached (SES-02, SES-05)",
        arguments: ["bob", "alice.cli-2"], ["POST", "GET", "DELETE"])
    func stolenSession(thief: String, method: String) async throws {
        let harness = try DecisionHarness()
        try await Self.opened(harness, "s-1")
        var request: TestRequest = method == "POST" ? .message : .get()
        request.method = method
        request.fields = ["Mcp-Session-Id: s-1", "Last-Event-ID: 7"]

        request.authorization = "Bearer \(thief)"
        let outcome = await harness.send(request)

        #expect(outcome.status == 404)
        #expect(outcome.field("Content-Type") == "application/json")
        #expect(outcome.body == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Session not found"}}"#)
        #expect(harness.audit.events.last?.reason == "mcp_session")
        request.authorization = "Bearer alice"
        #expect(await harness.send(request).isForwarded)
    }

    @Test("another token of the same principal and client may go on with the session")
    func sameOwner() async throws {
        let harness = try DecisionHarness()
        try await Self.opened(harness, "s-1")

        let outcome = await harness.send(
            .post(bearer: "alice.cli-1.mcp.read+more", ["Mcp-Session-Id: s-1"]))

        #expect(outcome.isForwarded)
    }

    @Test("an id that the gate never saw belongs to whoever the upstream first serves with it (SES-04)")
    func firstUse() async throws {
        let harness = try DecisionHarness()
        let asked = ["Mcp-Session-Id: before-restart"]

        let first = try #require(await harness.send(.post(asked)).plan)
        _ = harness.answer(first, 202)

        #expect(await harness.send(.post(bearer: "bob", asked)).status == 404)
        #expect(await harness.send(.post(asked)).isForwarded)
    }

    @Test("an id that the upstream does not know either is bound to nobody", arguments: [404, 400, 500])
    func unknownToUpstream(status: Int) async throws {
        let harness = try DecisionHarness()
        let asked = ["Mcp-Session-Id: guessed"]

        let plan = try #require(await harness.send(.post(bearer: "bob", asked)).plan)
        _ = harness.answer(plan, status)

        #expect(await harness.send(.post(asked)).isForwarded)
    }

    @Test("an ended session is forgotten, an ending that fails is not")
    func ended() async throws {
        let harness = try DecisionHarness()
        try await Self.opened(harness, "s-1")
        var delete = TestRequest.get("/mcp", ["Mcp-Session-Id: s-1"])
        delete.method = "DELETE"

        let refused = try #require(await harness.send(delete).plan)
        _ = harness.answer(refused, 405)
        #expect(await harness.send(.post(bearer: "bob", ["Mcp-Session-Id: s-1"])).status == 404)

        let done = try #require(await harness.send(delete).plan)
        _ = harness.answer(done, 204)
        #expect(await harness.send(.post(bearer: "bob", ["Mcp-Session-Id: s-1"])).isForwarded)
    }

    @Test("authentication comes before the session, so that ids cannot be probed (SES-01, SES-06)")
    func authenticationFirst() async throws {
        let harness = try DecisionHarness()
        try await Self.opened(harness, "s-1")

        let known = await harness.send(.post(bearer: nil, ["Mcp-Session-Id: s-1"]))
        let unknown = await harness.send(.post(bearer: nil, ["Mcp-Session-Id: s-2"]))
        let bad = await harness.send(.post(bearer: "bad.expired", ["Mcp-Session-Id: s-1"]))

        #expect(known.status == 401)
        #expect(unknown.status == 401)
        #expect(bad.status == 401)
        #expect(known.field("WWW-Authenticate") == unknown.field("WWW-Authenticate"))
    }

    @Test("those without credentials share their sessions, and nobody else's")
    func anonymousSessions() async throws {
        let harness = try DecisionHarness { $0.unauthenticatedAction = .allowAnonymous }
        try await Self.opened(harness, "s-1")

        #expect(await harness.send(.post(bearer: nil, ["Mcp-Session-Id: s-1"])).status == 404)
    }

    @Test(
        "an id holds visible ASCII only (SES-03)",
        arguments: [
            "a b", "a\u{E9}", "a\tb", String(repeating: "x", count: 1_025),
        ])
    func malformedID(id: String) async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.post(["Mcp-Session-Id: \(id)"])).status == 400)
    }

    @Test("two session ids are one too many")
    func twoIDs() async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.post(["Mcp-Session-Id: a", "mcp-session-id: b"])).status == 400)
    }

    @Test("sessions survive a new configuration")
    func reload() async throws {
        let harness = try DecisionHarness()
        try await Self.opened(harness, "s-1")

        harness.gate.replace(with: .init(harness.configuration))

        #expect(await harness.send(.post(bearer: "bob", ["Mcp-Session-Id: s-1"])).status == 404)
    }
}
