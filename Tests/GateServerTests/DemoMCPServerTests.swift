// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateDemo
import GateJSON
import Synchronization
import Testing

@Suite("Demo MCP server")
struct DemoMCPServerTests {
    private let clock = MovableClock()
    private let server: DemoMCPServer

    init() { server = DemoMCPServer(version: "1.2.3", clock: clock) }

    private static let modernMeta =
        #""_meta":{"progressToken":"t","io.modelcontextprotocol/protocolVersion":"2026-07-28","#
        + #""io.modelcontextprotocol/clientCapabilities":{}}"#

    private func send(
        _ body: String, _ fields: [(name: String, value: String)] = [], method: String = "POST"
    ) async -> DemoResponse {
        await server.respond(
            to: DemoRequest(
                method: method, path: "/mcp",
                fields: [
                    ("content-type", "application/json; charset=utf-8"),
                    ("accept", "application/json, text/event-stream"),
                ] + fields, body: Array(body.utf8)))
    }

    private func modern(
        _ method: String, _ params: String = "", _ fields: [(name: String, value: String)] = []
    ) async -> DemoResponse {
        await send(
            #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(params)\#(Self.modernMeta)}}"#,
            [("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)] + fields)
    }

    private func call(
        _ tool: String, _ arguments: String = "{}", _ fields: [(name: String, value: String)] = []
    ) async throws -> JSONObject {
        let answer = await send(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\#(tool)","arguments":\#(arguments)}}"#,
            [("mcp-protocol-version", "2025-11-25")] + fields)
        return try #require(try answer.json["result"]?.object)
    }

    private func errorCode(_ response: DemoResponse) -> Int64? {
        (try? response.json)?["error"]?.object?["code"]?.int64
    }

    @Test(
        "initialize answers with the client's revision or our latest (MCP lifecycle)",
        arguments: [
            ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"),
            ("2024-11-05", "2025-11-25"),
        ])
    func initialize(_ asked: String, _ spoken: String) async throws {
        let answer = await send(
            #"{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"\#(asked)","#
                + #""capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#)
        let result = try answer.json["result"]?.object

        #expect(try answer.json["id"]?.string == "a")
        #expect(result?["protocolVersion"]?.string == spoken)
        #expect(result?["serverInfo"]?.object?["version"]?.string == "1.2.3")
        #expect(answer.field("mcp-session-id") == nil)
    }

    @Test("server/discover and lists carry what revision 2026-07-28 asks for")
    func discover() async throws {
        let result = try await modern("server/discover").json["result"]?.object
        let list = try await modern("tools/list").json["result"]?.object

        #expect(result?["supportedVersions"]?.strings == ["2026-07-28"])
        #expect(result?["resultType"]?.string == "complete")
        #expect(result?["cacheScope"]?.string == "public")
        #expect(result?["_meta"]?.object?["io.modelcontextprotocol/serverInfo"]?.object?["name"] != nil)
        #expect(list?["tools"]?.array?.count == 6)
        #expect(list?["ttlMs"]?.int64 != nil)
    }

    @Test("header fields that disagree with the body are -32020 with status 400 (SEP-2243)")
    func headerMismatch() async throws {
        let wrongMethod = await send(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(Self.modernMeta)}}"#,
            [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call")])
        let wrongName = await modern("tools/call", #""name":"add","#, [("mcp-name", "whoami")])
        let noVersion = await send(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(Self.modernMeta)}}"#)
        let twice = await modern("tools/call", #""name":"add","#, [("mcp-name", "add"), ("mcp-name", "add")])

        for answer in [wrongMethod, wrongName, noVersion, twice] {
            #expect(answer.status == 400)
            #expect(errorCode(answer) == -32020)
        }
    }

    @Test("unknown revisions, methods and missing _meta have their codes and statuses")
    func modernErrors() async throws {
        let version = await send(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"#
                + #""io.modelcontextprotocol/protocolVersion":"2030-01-01","#
                + #""io.modelcontextprotocol/clientCapabilities":{}}}}"#,
            [("mcp-protocol-version", "2030-01-01"), ("mcp-method", "tools/list")])
        #expect(version.status == 400 && errorCode(version) == -32022)
        let method = await modern("resources/list")
        #expect(method.status == 404 && errorCode(method) == -32601)
        let meta = await send(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
            [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")])
        #expect(meta.status == 400 && errorCode(meta) == -32602)
    }

    @Test("notifications and responses are accepted without an answer")
    func notifications() async {
        #expect(await send(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).status == 202)
        #expect(await send(#"{"jsonrpc":"2.0","id":1,"result":{}}"#).status == 202)
    }

    @Test("what is not one JSON-RPC message is refused")
    func malformed() async {
        #expect(errorCode(await send("{")) == -32700)
        #expect(errorCode(await send(#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#)) == -32600)
        #expect(errorCode(await send(#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#)) == -32600)
        #expect(errorCode(await send("[]")) == -32600)
        #expect(await send("{}", method: "GET").status == 405)
        #expect(await server.respond(to: DemoRequest(method: "POST", path: "/mcp")).status == 415)
        #expect(await send("{}", [("origin", "https://evil.example")]).status == 403)
        #expect(errorCode(await send("{", [("origin", "http://localhost:6274")])) == -32700)
    }

    @Test("batches exist in revision 2025-03-26 only")
    func batches() async throws {
        let batch = #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},7]"#

        let old = await send(batch, [("mcp-protocol-version", "2025-03-26")])
        #expect(try JSONValue.parse(old.bytes).array?.count == 2)
        #expect(errorCode(await send(batch, [("mcp-protocol-version", "2025-06-18")])) == -32600)
    }

    @Test("whoami tells what the gate says, and whether a token came through")
    func whoami() async throws {
        let principal = Base64.encode(
            Array(#"{"auth_typ":"demo","claims":[{"typ":"name","val":"Alice"}],"name_typ":"name"}"#.utf8))
        let result = try await call(
            "whoami", "{}",
            [
                ("x-ms-client-principal-id", "s1"), ("x-ms-client-principal-name", "Alice"),
                ("x-ms-client-principal-idp", "demo"), ("x-ms-client-principal", principal),
            ])
        let structured = result["structuredContent"]?.object

        #expect(structured?["id"]?.string == "s1")
        #expect(structured?["bearerTokenSeen"]?.bool == false)
        #expect(structured?["claims"]?.array == [["type": "name", "value": "Alice"]])
        let direct = try await call("whoami", "{}", [("authorization", "Bearer x")])
        #expect(direct["structuredContent"]?.object?["bearerTokenSeen"]?.bool == true)
    }

    @Test("notes belong to whom they were added by")
    func notes() async throws {
        let alice = [(name: "x-ms-client-principal-id", value: "a")]
        _ = try await call("add_note", #"{"text":"mine"}"#, alice)

        let own = try await call("list_notes", "{}", alice)
        let other = try await call("list_notes", "{}", [("x-ms-client-principal-id", "b")])

        #expect(own["structuredContent"]?.object?["notes"]?.strings == ["mine"])
        #expect(other["structuredContent"]?.object?["notes"]?.strings == [])
        let huge = try await call("add_note", #"{"text":"\#(String(repeating: "x", count: 3_000))"}"#, alice)
        #expect(huge["isError"]?.bool == true)
    }

    @Test(
        "add",
        arguments: [
            (#"{"a":1,"b":2}"#, "3"), (#"{"a":1.5,"b":2}"#, "3.5"), (#"{"a":9223372036854775807,"b":1}"#, nil),
            (#"{"a":"1","b":2}"#, nil), (#"{"a":1}"#, nil),
        ] as [(String, String?)])
    func add(_ arguments: String, _ sum: String?) async throws {
        let result = try await call("add", arguments)

        if let sum {
            #expect(result["structuredContent"]?.object?["sum"]?.number?.text == sum)
        } else if arguments.contains("9223372036854775807") {
            #expect(result["structuredContent"]?.object?["sum"]?.number?.text == "9.223372036854776e+18")
        } else {
            #expect(result["isError"]?.bool == true)
        }
    }

    @Test("the time is UTC, or some minutes ahead of it")
    func time() async throws {
        let plain = try await call("current_time")
        let ahead = try await call("current_time", #"{"utc_offset_minutes":-90}"#)

        #expect(plain["structuredContent"]?.object?["time"]?.string == "2027-01-15T08:00:00.000Z")
        #expect(ahead["structuredContent"]?.object?["time"]?.string == "2027-01-15T06:30:00.000-01:30")
    }

    @Test("progress is reported as events before the answer, to clients that asked for it")
    func progress() async throws {
        let answer = await modern(
            "tools/call", #""name":"slow_count","arguments":{"to":3,"milliseconds":0},"#, [("mcp-name", "slow_count")])

        #expect(answer.field("content-type") == "text/event-stream")
        guard case .stream(let produce) = answer.body else {
            Issue.record("not a stream")
            return
        }
        let events = Mutex<[String]>([])
        try await produce { piece in events.withLock { $0.append(String(decoding: piece, as: UTF8.self)) } }
        let messages = try events.withLock { $0 }.map { event in
            try #require(event.hasPrefix("event: message\ndata: ") && event.hasSuffix("\n\n"))
            let value = try JSONValue.parse(Array(event.dropFirst(21).utf8.dropLast(2)))
            return try #require(value.object)
        }
        #expect(messages.map { $0["method"]?.string } == Array(repeating: "notifications/progress", count: 3) + [nil])
        #expect(messages.dropLast().map { $0["params"]?.object?["progress"]?.int64 } == [1, 2, 3])
        #expect(messages.last?["id"]?.int64 == 1)

        let quiet = try await call("slow_count", #"{"to":2,"milliseconds":0}"#)
        #expect(quiet["isError"]?.bool == false)
    }
}
