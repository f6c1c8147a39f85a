// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateObserve
import Testing

/// AUTHORIZE by what the message is: requirements TRL-05, TRL-06, TRM-02, TRM-04, TRM-05, SCP-08.
@Suite struct MessageDecisionTests {
    @Test(
        "a message that parsers could read differently is refused, and is on record (go-sdk #805, GHSA-4gph-2hhr-5mwg)",
        arguments: [
            (#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#, -32_600),
            (
                #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1,"x":2}}}"#,
                -32_600
            ),
            (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"tools/call"}"#, -32_600),
            (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32_600),
            (#"{"id":1,"method":"ping"}"#, -32_600),
            (#""ping""#, -32_600), ("null", -32_600), ("", -32_700), ("{", -32_700), ("{} {}", -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":"ping"}x"#, -32_700),
            ("\u{FEFF}" + #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, -32_700),
            ("access_token=alice", -32_700),
        ])
    func ambiguousMessage(body: String, code: Int) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.post(body: body)
        if body.isEmpty { request.fields = ["Content-Length: 0"] }

        let outcome = await harness.send(request)

        #expect(outcome.status == 400)
        #expect(outcome.field("Content-Type") == "application/json")
        #expect(outcome.body.contains(#""code":\#(code),"#))
        #expect(harness.audit.events.count == 1)
        #expect(harness.audit.events.first?.reason.hasPrefix("ambiguous:") == true)
    }

    @Test(
        "fields that contradict the body are 400 with -32020 and the request's id (TRM-04, SCP-08)",
        arguments: [
            ["Mcp-Method: ping"], ["Mcp-Method: tools/call", "Mcp-Name: safe"], ["Mcp-Name: =?base64?c2FmZQ==?="],
            ["Mcp-Name: =?base64?***?="], ["Mcp-Method: Tools/call"],
        ])
    func contradictingFields(fields: [String]) async throws {
        let harness = try DecisionHarness()
        let body = #"{"jsonrpc":"2.0","id":"q-7","method":"tools/call","params":{"name":"danger"}}"#

        let outcome = await harness.send(
            .post("/mcp", ["MCP-Protocol-Version: 2026-07-28"] + fields, body: body))

        #expect(outcome.status == 400)
        #expect(outcome.body.hasPrefix(#"{"jsonrpc":"2.0","id":"q-7","error":{"code":-32020,"#))
        #expect(harness.audit.events.map(\.reason) == ["ambiguous:fields"])
    }

    @Test(
        "fields that agree with the body pass, and so do unknown parameters (TRM-05)",
        arguments: [
            ["Mcp-Method: tools/call", "Mcp-Name: danger"],
            ["Mcp-Method: tools/call", "Mcp-Name: =?base64?ZGFuZ2Vy?="],
            ["Mcp-Method: tools/call", "Mcp-Name: danger", "Mcp-Param-City: Bern"],
        ])
    func agreeingFields(fields: [String]) async throws {
        let harness = try DecisionHarness()
        let body = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"danger"}}"#

        let outcome = await harness.send(
            .post("/mcp", ["MCP-Protocol-Version: 2026-07-28"] + fields, body: body))

        let upstream = try #require(outcome.upstream)
        for field in fields + ["MCP-Protocol-Version: 2026-07-28"] { #expect(upstream.contains(field + "\r\n")) }
        #expect(harness.audit.events.map(\.mcpMethod) == ["tools/call"])
        #expect(harness.audit.events.map(\.mcpTarget) == ["danger"])
    }

    @Test(
        "batches pass only where the revision has them (TRL-06)",
        arguments: [
            (nil, true), ("2025-03-26", true), ("2024-11-05", true), ("2025-06-18", false), ("2025-11-25", false),
            ("2026-07-28", false), ("latest", false),
        ])
    func batches(revision: String?, passes: Bool) async throws {
        let harness = try DecisionHarness()
        let body = #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"tools/list"}]"#

        let outcome = await harness.send(
            .post("/mcp", revision.map { ["MCP-Protocol-Version: \($0)"] } ?? [], body: body))

        #expect(outcome.isForwarded == passes)
        #expect(passes ? harness.audit.events.first?.mcpMethod == "ping,tools/list" : outcome.status == 400)
    }

    @Test("every element of a batch is looked at (ToolHive #5745)")
    func badBatchElement() async throws {
        let harness = try DecisionHarness()

        for body in [
            #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"a","method":"b"}]"#,
            #"[{"jsonrpc":"2.0","id":1,"method":"ping"},[]]"#, "[]", "[1]",
        ] {
            #expect(await harness.send(.post(body: body)).status == 400)
        }
    }

    @Test(
        "what is not plain JSON is refused, since nobody here could read it (Tyk #8539, ToolHive #6234)",
        arguments: [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
            "application/json-rpc", "text/json", "application/json;charset=utf-16", "application/json; charset=utf-7",
            "application/json; charset=utf-8; x=y", "application/json, text/plain",
        ])
    func otherContentType(type: String) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.message
        request.contentType = type

        #expect(await harness.send(request).status == 415)
        request.contentType = nil
        #expect(await harness.send(request).status == 415)
    }

    @Test(
        "JSON in UTF-8 is plain JSON however it says so",
        arguments: [
            "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8",
            "application/json;", "application/json ; charset=\"utf-8\"",
        ])
    func plainJSON(type: String) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.message
        request.contentType = type

        #expect(await harness.send(request).isForwarded)
    }

    @Test("a content coding is refused", arguments: ["gzip", "identity", "br"])
    func contentCoding(coding: String) async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.post(["Content-Encoding: \(coding)"])).status == 415)
    }

    @Test("only POST carries messages: other methods have no body, and unknown ones are 405 after authentication")
    func methods() async throws {
        let harness = try DecisionHarness()
        for method in ["GET", "DELETE", "HEAD", "OPTIONS"] {
            var request = TestRequest.message
            request.method = method
            #expect(await harness.send(request).status == 400)
        }
        for method in ["PUT", "PATCH", "PROPFIND"] {
            var request = TestRequest.message
            request.method = method
            let outcome = await harness.send(request)
            #expect(outcome.status == 405)
            #expect(outcome.field("Allow") == "GET, POST, DELETE, OPTIONS")
            request.authorization = nil
            #expect(await harness.send(request).status == 401)
        }
    }

    @Test("the same rules hold for those who need no credentials (h: fail-open on the unusual shape)")
    func anonymousMessages() async throws {
        let harness = try DecisionHarness { $0.unauthenticatedAction = .allowAnonymous }
        var request = TestRequest.post(bearer: nil, body: #"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#)

        #expect(await harness.send(request).status == 400)
        request.contentType = "text/plain"
        #expect(await harness.send(request).status == 415)
    }

    @Test("outside MCP bodies are none of the gate's business")
    func otherPaths() async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.post("/upload", body: "anything")
        request.contentType = "text/plain"
        request.method = "PUT"

        let plan = try #require(await harness.send(request).plan)
        #expect(plan.inspectsBodyUpTo == nil)
    }

    @Test("a client that leaves before its message is complete is on record once")
    func abandoned() async throws {
        let harness = try DecisionHarness()
        let octets = Array(TestRequest.message.head.utf8)
        var scanner = RequestHeadScanner()
        var head = RequestHead()
        _ = scanner.scan(octets.span, into: &head)
        guard case .forward(let plan) = await harness.gate.admit(head, octets.span, on: DecisionHarness.peer).value
        else {
            Issue.record("not forwarded")
            return
        }

        harness.gate.finished(plan.exchange, status: 499, answerBytes: 0)

        #expect(harness.audit.events.map(\.reason) == ["abandoned"])
        #expect(harness.metrics.requestsInFlight.value == 0)
    }
}
