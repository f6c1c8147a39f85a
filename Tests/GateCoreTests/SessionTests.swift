// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateMCP
import GateOAuth
import GateObserve
import GatePolicy
import GateTestKit
import GateTime
import GateCore
import GateJSON
import Testing

/// An MCP session belongs to the one who began it (requirements section L; MCP security best practices, "Session Hijacking").
struct SessionTests {
    /// A gate at which Alice has begun session `s-1`.
    private func gateWithSession(_ adjust: (inout GatewaySnapshot.Configuration) -> Void = { _ in }) async throws
        -> GateHarness
    {
        let gate = try GateHarness([GateHarness.Place()], adjust)
        let seen = await gate.ask("POST /mcp", bearer: try gate.token())
        let answer = try gate.respond(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nMcp-Session-Id: s-1", to: seen)
        #expect(answer.contains("Mcp-Session-Id: s-1\r\n"))
        return gate
    }

    @Test("the owner goes on with it, with a fresh token too (SES-02)")
    func owner() async throws {
        let gate = try await gateWithSession()

        for id in ["t-1", "t-2"] {
            let token = try gate.token(["jti": .string(id)])
            #expect(await gate.ask("POST /mcp", bearer: token, "Mcp-Session-Id: s-1").isForwarded)
        }
    }

    @Test(
        "another user's or client's valid token does not open it: 404, nothing forwarded (SES-02, SES-05)",
        arguments: ["POST", "GET", "DELETE"], [["sub": "bob"], ["client_id": "client-2"]] as [[String: JSONValue]])
    func thief(_ method: String, _ claims: [String: JSONValue]) async throws {
        let gate = try await gateWithSession()
        let token = try gate.token(claims.mapValues { .some($0) })

        let seen = await gate.ask("\(method) /mcp", bearer: token, "Mcp-Session-Id: s-1")

        #expect(seen.status == 404)
        #expect(seen.errorCode == -32_600)
        #expect(seen.reason == "mcp_session")
        #expect(await gate.ask("POST /mcp", bearer: try gate.token(), "Mcp-Session-Id: s-1").isForwarded)
    }

    @Test("without a token it opens nothing, even where callers may be anonymous (SES-01, SES-02)")
    func anonymousThief() async throws {
        let gate = try await gateWithSession { $0.unauthenticatedAction = .allowAnonymous }

        let seen = await gate.ask("POST /mcp", "Mcp-Session-Id: s-1")

        #expect(seen.status == 404)
        #expect(await gate.ask("POST /mcp", "Mcp-Session-Id: anonymous-1").isForwarded)
    }

    @Test(
        "an id that is no visible ASCII is 400 (SES-03)",
        arguments: ["a b", "", "\u{1F511}", "é", String(repeating: "a", count: 1_025)])
    func malformed(_ id: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), "Mcp-Session-Id: \(id)")

        #expect(seen.status == 400)
    }

    @Test("two ids are none (SES-03)")
    func twoIDs() async throws {
        let gate = try await gateWithSession()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), "Mcp-Session-Id: s-2", "Mcp-Session-Id: s-1")

        #expect(seen.status == 400)
    }

    @Test("an id that the gate never saw is for the server to judge, which says 404 (SES-04)")
    func unknown() async throws {
        let gate = try GateHarness()
        let token = try gate.token()

        let seen = await gate.ask("POST /mcp", bearer: token, "Mcp-Session-Id: from-before-a-restart")

        #expect(seen.upstreamFields("Mcp-Session-Id") == ["from-before-a-restart"])
        #expect(try gate.respond("HTTP/1.1 404 Not Found\r\nContent-Length: 0", to: seen).hasPrefix("HTTP/1.1 404 "))
    }

    @Test("authentication comes first, so that ids cannot be probed (SES-06)", arguments: ["s-1", "unknown", "a b"])
    func authenticationFirst(_ id: String) async throws {
        let gate = try await gateWithSession()

        for token in [nil, "garbage"] {
            let with = await gate.ask("POST /mcp", bearer: token, "Mcp-Session-Id: \(id)")
            let without = await gate.ask("POST /mcp", bearer: token)
            #expect(with.status == 401)
            #expect(with.challenge == without.challenge)
        }
    }

    @Test("the gate adds no session of its own (TRM-06)")
    func mintsNone() async throws {
        let gate = try GateHarness()
        let seen = await gate.ask("POST /mcp", bearer: try gate.token())

        let answer = try gate.respond("HTTP/1.1 200 OK\r\nContent-Length: 0", to: seen)

        #expect(!answer.lowercased().contains("mcp-session-id"))
    }
}
