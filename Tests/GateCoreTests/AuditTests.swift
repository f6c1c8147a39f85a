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
import GateTestKit
import GateTime
import Testing

/// What a request leaves behind; that it is exactly one event, ``GateHarness`` expects of every request of every test.
struct AuditTests {
    @Test(
        "each way of passing is one permitted event, in the phase that decided",
        arguments: [
            ("POST /mcp", true, "bearer", "authorize"), ("GET /mcp", true, "bearer", "authorize"),
            ("GET /health", false, "excluded_path", "classify"), ("GET /.auth/me", false, "control", "classify"),
            ("GET /.well-known/oauth-protected-resource", false, "metadata", "classify"),
        ])
    func permitted(_ line: String, _ isSignedIn: Bool, _ reason: String, _ phase: String) async throws {
        let gate = try GateHarness { $0.excludedPaths = ["/health"] }

        let event = try #require(await gate.ask(line, bearer: isSignedIn ? try gate.token() : nil).event)

        #expect(event.outcome == .permitted)
        #expect(event.reason == reason)
        #expect(event.phase == phase)
        #expect(event.time == gate.clock.now)
        #expect(event.remoteAddress == GateHarness.peer)
        #expect(event.caller?.issuer == (isSignedIn ? "https://login.example" : nil))
        #expect(event.caller?.provider == (isSignedIn ? "custom" : nil))
    }

    @Test("the event names the tool that is called, and never the query or the token (RS-10)")
    func details() async throws {
        let gate = try GateHarness()
        let token = try gate.token()

        let seen = await gate.ask("POST /mcp?secret=1", bearer: token, body: MessageTests.call("transfer"))

        let event = try #require(seen.event)
        #expect(event.mcpMethod == "tools/call")
        #expect(event.mcpTarget == "transfer")
        #expect(event.path == "/mcp")
        #expect(!"\(event)".contains("secret"))
        #expect(!"\(event)".contains(token))
    }

    @Test("an outage is unavailable, not denied (RS-19)")
    func outage() async throws {
        let gate = try GateHarness([.init(provider: UnavailableTests.introspection)])
        gate.fetcher.answer(UnavailableTests.endpoint, with: .refused)

        #expect(await gate.ask("POST /mcp", bearer: "opaque-1").event?.outcome == .unavailable)
    }

    @Test("requests in flight are counted up and down again")
    func inFlight() async throws {
        let gate = try GateHarness()

        for line in ["POST /mcp", "GET /nowhere", "TRACE /mcp", "GET /.well-known/oauth-protected-resource"] {
            _ = await gate.ask(line)
        }
        _ = await gate.ask("POST /mcp", bearer: try gate.token())

        #expect(gate.metrics.requestsInFlight.value == 0)
    }
}
