// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateJSON
import GateObserve
import GateTestKit
import Testing

/// What looks like something else to somebody is not taken for it here, and opens nothing.
@Suite struct LookalikeTests {
    @Test(
        "the rest of the site is no way round a declared resource in another case (root cause g)",
        arguments: ["/MCP", "/Mcp", "/mCP/", "/MCP/tools", "/%4DCP"])
    func otherCase(path: String) async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.post(path)).status == 404)
        #expect(await harness.send(.get(path)).status == 404)
    }

    @Test("paths that only begin alike are the rest of the site", arguments: ["/MCPX", "/mcp2", "/x/MCP"])
    func others(path: String) async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.get(path)).isForwarded)
    }

    @Test("a Greek question mark is no semicolon")
    func greekQuestionMark() async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.message
        request.contentType = "application/json \u{37E}charset=utf-8"

        #expect(await harness.send(request).status == 415)
    }

    @Test(
        "subjects that are canonically equivalent are different people",
        arguments: [("\u{212A}evin", "Kevin"), ("é", "e\u{301}")])
    func subjects(_ owner: String, _ thief: String) async throws {
        let gate = try GateHarness([.init()])
        let opened = await gate.ask("POST /mcp", bearer: try gate.token(["sub": .string(owner)]))
        _ = try gate.respond(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nMcp-Session-Id: s-1", to: opened)

        let session = "Mcp-Session-Id: s-1"
        #expect(await gate.ask("POST /mcp", bearer: try gate.token(["sub": .string(thief)]), session).status == 404)
        #expect(await gate.ask("POST /mcp", bearer: try gate.token(["sub": .string(owner)]), session).isForwarded)
    }

    @Test("what a caller names does not fill the audit log")
    func longNames() async throws {
        let harness = try DecisionHarness()
        let name = String(repeating: "n", count: 100_000)

        _ = await harness.send(
            .post(body: #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\#(name)"}}"#))

        #expect(harness.audit.events.last?.mcpTarget?.utf8.count == 256)
    }

    @Test("a body may be as long as was configured")
    func longBody() async throws {
        let harness = try DecisionHarness { $0.inspectedBodyBytes = 8 << 20 }
        let text = String(repeating: "a", count: 5 << 20)

        let outcome = await harness.send(
            .post(body: #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"x":"\#(text)"}}"#))

        #expect(outcome.isForwarded)
    }
}
