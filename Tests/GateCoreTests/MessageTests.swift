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
import Testing

/// The body decides, and fields that mirror it must agree (requirements SCP-08, TRL-05, TRL-06, TRM-02, TRM-04).
struct MessageTests {
    static func call(_ name: String, meta: String = "") -> String {
        #"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"\#(name)"\#(meta)}}"#
    }

    static let july = "MCP-Protocol-Version: 2026-07-28"
    static let julyMeta = #","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#

    @Test(
        "fields that contradict the body are 400 with -32020 (SCP-08, TRM-02, TRM-04)",
        arguments: [
            (["Mcp-Method: tools/list"], call("danger")), (["Mcp-Name: safe"], call("danger")),
            (["Mcp-Method: tools/call", "Mcp-Name: Danger"], call("danger")),
            (["Mcp-Method: TOOLS/CALL"], call("danger")), (["Mcp-Name: =?base64?c2FmZQ==?="], call("danger")),
            (["Mcp-Name: =?base64?!?="], call("danger")),
            ([july], call("a", meta: #","_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}"#)),
            (["Mcp-Method: tools/call"], "[\(call("a")),\(call("b"))]"),
            ([july, "Mcp-Name: safe"], call("danger", meta: julyMeta)),
        ] as [([String], String)])
    func contradiction(_ fields: [String], _ body: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), fields: fields, body: body)

        #expect(seen.status == 400)
        #expect(seen.errorCode == -32_020)
        #expect(seen.reason == "ambiguous:fields")
        #expect(seen["Content-Type"] == "application/json")
    }

    @Test(
        "fields that agree go on, as do those that no body mirrors (TRM-04, TRM-05, TRL-05)",
        arguments: [
            (["Mcp-Method: tools/call", "Mcp-Name: danger"], call("danger")),
            (["Mcp-Name: =?base64?ZGFuZ2Vy?="], call("danger")),
            ([july, "Mcp-Method: tools/call", "Mcp-Name: a"], call("a", meta: julyMeta)),
            (["Mcp-Param-Region: eu"], call("a")), (["MCP-Protocol-Version: 1999-01-01"], call("a")),
            (["MCP-Protocol-Version: draft"], call("a")), (["Last-Event-ID: 7"], call("a")),
        ] as [([String], String)])
    func agreement(_ fields: [String], _ body: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), fields: fields, body: body)

        #expect(seen.isForwarded)
        #expect(seen.event?.mcpMethod == "tools/call")
        for field in fields { #expect(seen.upstream.contains("\r\n\(field)\r\n")) }
    }

    @Test(
        "a mirrored field that comes twice is 400 (TRM-04)", arguments: ["Mcp-Method: tools/call", "Mcp-Name: a", july])
    func twice(_ field: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), field, field, body: Self.call("a"))

        #expect(seen.status == 400)
    }

    @Test(
        "a batch goes on only under a revision that has batches, every message sound (TRL-06, SCP-08)",
        arguments: [
            ([], "[\(call("a")),\(call("b"))]", nil), (["MCP-Protocol-Version: 2025-03-26"], "[\(call("a"))]", nil),
            (["MCP-Protocol-Version: 2025-06-18"], "[\(call("a"))]", -32_600),
            (["MCP-Protocol-Version: nonsense"], "[\(call("a"))]", -32_600), ([july], "[\(call("a"))]", -32_600),
            ([], "[]", -32_600), ([], "[\(call("a")),1]", -32_600), ([], "[\(call("a")),{}]", -32_600),
            ([], #"[\#(call("a")),{"jsonrpc":"2.0","method":"a","method":"b"}]"#, -32_600),
        ] as [([String], String, Int64?)])
    func batches(_ fields: [String], _ body: String, _ code: Int64?) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), fields: fields, body: body)

        #expect(seen.isForwarded == (code == nil))
        #expect(seen.errorCode == code)
    }

    @Test(
        "a body that parsers may read differently is 400 (SCP-08)",
        arguments: [
            ("", -32_700), ("not json", -32_700), (GateHarness.listTools + "{}", -32_700),
            (#"{"jsonrpc":"2.0","method":"a","method":"b","id":1}"#, -32_600),
            (#"{"jsonrpc":"2.0","method":"a","params":{"name":"a","n\u0061me":"b"},"id":1}"#, -32_600),
            (#"{"jsonrpc":"2.0","method":"a","params":{"x":{"y":1,"y":2}},"id":1}"#, -32_600),
            (#"{"jsonrpc":"2.0","method":"a","Method":"b","id":1}"#, -32_600),
            (#"{"jsonrpc":"2.0","method":"a","params":{"Name":"b"},"id":1}"#, -32_600),
            (#"{"jsonrpc":"1.0","method":"a"}"#, -32_600), (#"{"method":"a","id":1}"#, -32_600), ("7", -32_600),
            ("\u{FEFF}" + GateHarness.listTools, -32_700),
        ] as [(String, Int64)])
    func ambiguous(_ body: String, _ code: Int64) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), body: body)

        #expect(seen.status == 400)
        #expect(seen.errorCode == code)
        #expect(seen.reason?.hasPrefix("ambiguous:") == true)
    }

    @Test("an anonymous caller's message is read as strictly (SCP-08)")
    func anonymous() async throws {
        let gate = try GateHarness { $0.unauthenticatedAction = .allowAnonymous }

        #expect(await gate.ask("POST /mcp", "Mcp-Name: safe", body: Self.call("danger")).errorCode == -32_020)
        #expect(await gate.ask("POST /mcp", body: Self.call("a")).reason == "anonymous")
    }

    @Test(
        "what is no plain JSON is 415 (RS-10)",
        arguments: [
            "Content-Type: text/plain", "Content-Type: application/jsonx",
            "Content-Type: application/x-www-form-urlencoded",
            "Content-Type: ", "Content-Encoding: gzip",
        ])
    func mediaType(_ field: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), field)

        #expect(seen.status == 415)
        #expect(seen.reason == "media_type")
    }

    @Test(
        "JSON under its usual spellings goes on",
        arguments: [
            "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=utf-8",
        ])
    func plainJSON(_ type: String) async throws {
        let gate = try GateHarness()

        #expect(await gate.ask("POST /mcp", bearer: try gate.token(), "Content-Type: \(type)").isForwarded)
    }

    @Test("only messages are read: a GET or DELETE, and other paths, stream through (TRL-07)")
    func notRead() async throws {
        let gate = try GateHarness([.init(), .init(path: "/", isMCP: false, isImplied: true)])
        let token = try gate.token(["aud": ["https://mcp.example", "https://mcp.example/mcp"]])

        for line in ["GET /mcp", "DELETE /mcp", "POST /app"] {
            #expect(await gate.ask(line, bearer: token).plan?.inspectsBodyUpTo == nil)
        }
        #expect(await gate.ask("POST /mcp", bearer: token).plan?.inspectsBodyUpTo == 4 << 20)
    }
}
