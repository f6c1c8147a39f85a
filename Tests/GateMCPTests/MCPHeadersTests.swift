// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateMCP
import Testing

@Suite("MCP header fields and the body")
struct MCPHeadersTests {
    private static let current = "2026-07-28"

    private static func agrees(_ headers: MCPHeaders, _ messages: MCPRequestSummary...) -> Bool {
        do throws(JSONRPCRefusal) {
            try headers.agree(with: messages)
            return true
        } catch {
            #expect(error == .fieldMismatch && error.code == -32_020)
            return false
        }
    }

    private static func call(_ name: String?, version: String? = current) -> MCPRequestSummary {
        MCPRequestSummary(method: "tools/call", name: name, protocolVersion: version, id: [0x31])
    }

    @Test("TRM-04: Mcp-Method and Mcp-Name equal the body, in every revision in which they are sent")
    func agreement() {
        for version in [nil, "2025-03-26", "2025-06-18", "2025-11-25", "2027-01-01"] {
            let body = Self.call("danger", version: nil)
            func headers(_ method: String?, _ name: String?) -> MCPHeaders {
                MCPHeaders(protocolVersion: version, method: method, name: name)
            }
            #expect(Self.agrees(headers("tools/call", "danger"), body))
            #expect(Self.agrees(headers(nil, nil), body))
            #expect(!Self.agrees(headers("tools/call", "safe"), body))
            #expect(!Self.agrees(headers("tools/list", nil), body))
            #expect(!Self.agrees(headers("Tools/Call", "danger"), body))
            #expect(!Self.agrees(headers("tools/call", "Danger"), body))
            #expect(!Self.agrees(headers(nil, "safe"), body))
            #expect(!Self.agrees(headers("tools/call ", "danger"), body))
        }
    }

    @Test("SCP-08: Mcp-Name names the tool, not another member of the call")
    func nameOfTheTool() {
        let body = MCPRequestSummary(method: "tools/call", name: "danger", uri: "safe", id: [0x31])
        #expect(!Self.agrees(MCPHeaders(method: "tools/call", name: "safe"), body))
        #expect(Self.agrees(MCPHeaders(method: "tools/call", name: "danger"), body))
        let read = MCPRequestSummary(method: "resources/read", name: "safe", uri: "file:///danger", id: [0x31])
        #expect(!Self.agrees(MCPHeaders(method: "resources/read", name: "safe"), read))
        #expect(Self.agrees(MCPHeaders(method: "resources/read", name: "file:///danger"), read))
    }

    @Test("TRM-04: revision 2026-07-28 demands the fields")
    func presence() {
        func headers(_ method: String?, _ name: String?) -> MCPHeaders {
            MCPHeaders(protocolVersion: Self.current, method: method, name: name)
        }
        #expect(Self.agrees(headers("tools/call", "add"), Self.call("add")))
        #expect(!Self.agrees(headers(nil, "add"), Self.call("add")))
        #expect(!Self.agrees(headers("tools/call", nil), Self.call("add")))
        #expect(!Self.agrees(headers("tools/call", "add"), Self.call(nil)))
        // The server says what is missing from a call without a name.
        #expect(Self.agrees(headers("tools/call", nil), Self.call(nil)))
        let discover = MCPRequestSummary(method: "server/discover", protocolVersion: Self.current, id: [0x31])
        #expect(Self.agrees(headers("server/discover", nil), discover))
        #expect(!Self.agrees(headers(nil, nil), discover))
        // An extension's method may mirror a member that only its server knows.
        #expect(Self.agrees(headers("x/y", "task-1"), MCPRequestSummary(method: "x/y", id: [0x31])))
    }

    @Test("TRM-02: MCP-Protocol-Version equals the revision that the body names")
    func protocolVersion() {
        let body = MCPRequestSummary(method: "ping", protocolVersion: Self.current, id: [0x31])
        #expect(Self.agrees(MCPHeaders(protocolVersion: Self.current, method: "ping"), body))
        #expect(!Self.agrees(MCPHeaders(protocolVersion: "2025-11-25", method: "ping"), body))
        #expect(!Self.agrees(MCPHeaders(method: "ping"), body))
        #expect(!Self.agrees(MCPHeaders(), body))
        // Its server answers what a body of this revision lacks (-32602).
        let bare = MCPRequestSummary(method: "ping", id: [0x31])
        #expect(Self.agrees(MCPHeaders(protocolVersion: Self.current, method: "ping"), bare))
    }

    @Test("TRM-01: fields that mirror one message go with one message, and never with a response")
    func oneMessage() {
        let body = Self.call("add", version: nil)
        #expect(!Self.agrees(MCPHeaders(method: "tools/call", name: "add"), body, body))
        #expect(Self.agrees(MCPHeaders(), body, body))
        #expect(!Self.agrees(MCPHeaders(method: "tools/call"), MCPRequestSummary(id: [0x31])))
        #expect(!Self.agrees(MCPHeaders(protocolVersion: Self.current), MCPRequestSummary(id: [0x31])))
        #expect(Self.agrees(MCPHeaders(protocolVersion: "2025-11-25"), MCPRequestSummary(id: [0x31])))
    }

    @Test(
        "TRM-04: a name that cannot stand in a field comes in Base 64, in one spelling",
        arguments: [
            ("=?base64?aMOpbGxv?=", "h\u{E9}llo", true),
            ("=?base64?aMOpbGxv?=", "he\u{301}llo", false),
            ("=?base64?IHBhZGRlZCA=?=", " padded ", true),
            ("=?base64?IHBhZGRlZCA?=", " padded ", false),
            ("=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, 世界", true),
            ("=?base64??=", "", true),
            ("=?base64?=", "=?base64?=", true),
            ("=?base64?/w==?=", "\u{FFFD}", false),
            ("=?base64?YWRk\n?=", "add", false),
            ("=?base64?YW%64k?=", "add", false),
            ("=?BASE64?YWRk?=", "add", false),
            ("=?BASE64?YWRk?=", "=?BASE64?YWRk?=", true),
            ("=?base64?YWRk?=", "=?base64?YWRk?=", false),
            ("h\u{E9}llo", "h\u{E9}llo", false),
            ("add", "add", true), ("", "", true), ("two words", "two words", true),
        ])
    func base64(_ field: String, _ name: String, _ agrees: Bool) {
        let headers = MCPHeaders(protocolVersion: Self.current, method: "tools/call", name: field)
        #expect(Self.agrees(headers, Self.call(name)) == agrees)
    }

    @Test(
        "TRL-05, TRL-06: batches belong to 2025-03-26 and before, and to requests without the field",
        arguments: [
            (nil, true), ("2024-11-05", true), ("2025-03-26", true), ("2025-06-18", false), ("2025-11-25", false),
            ("2026-07-28", false), ("2099-01-01", false), ("1999", false), ("", false), ("2025-03-26 ", false),
        ] as [(String?, Bool)])
    func batches(_ version: String?, _ allowed: Bool) {
        #expect(MCPHeaders(protocolVersion: version).allowsBatch == allowed)
    }

    @Test("revisions are dates, and ordered as such")
    func revisions() {
        #expect(ProtocolRevision.known == ProtocolRevision.known.sorted())
        #expect(ProtocolRevision("2025-11-25") == .november2025)
        #expect(ProtocolRevision("2027-01-01")?.isKnown == false)
        #expect(ProtocolRevision.known.filter(\.allowsBatch) == [.november2024, .march2025])
        #expect(
            ProtocolRevision("2024-01-01")?.allowsBatch == false, "of a revision that is not known (ToolHive #5745)")
        #expect(ProtocolRevision.known.filter(\.mirrorsBodyInFields) == [.july2026])
        for text in [
            "", "2025", "2025-11-2", "2025-11-255", "2025/11/25", "DRAFT-2025", "२०२५-11-25", "2025-11-25\u{301}",
        ] {
            #expect(ProtocolRevision(text) == nil, "\(text)")
        }
    }
}

@Suite("JSON-RPC error bodies")
struct JSONRPCErrorBodyTests {
    private static func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

    @Test("an error carries code, message, id and data (JSON-RPC 2.0 §5.1)")
    func rendering() throws {
        #expect(
            Self.text(JSONRPCErrorBody.make(code: -32_020, message: #"say "no""#))
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"say \"no\""}}"#)
        #expect(
            Self.text(
                JSONRPCErrorBody.make(
                    code: -32_022, message: "m", id: Array(#""a\"b""#.utf8), data: ["supported": ["2026-07-28"]]))
                == #"{"jsonrpc":"2.0","id":"a\"b","error":{"code":-32022,"message":"m","data":{"supported":["2026-07-28"]}}}"#
        )
    }

    @Test("an id of any length is no lever: long ones are not repeated")
    func longID() throws {
        let id = [0x22] + [UInt8](repeating: 0x61, count: 1_000) + [0x22]
        let body = try JSONValue.parse(JSONRPCErrorBody.make(code: 1, message: "", id: id))
        #expect(body.object?["id"]?.isNull == true)
    }

    @Test("every refusal has a code of JSON-RPC or of MCP, a message without content and a word for the audit")
    func refusals() {
        let all: [JSONRPCRefusal] = [
            .malformed, .duplicateMember, .limit, .notJSONRPC, .caseVariant, .targetMalformed, .batchNotAllowed,
            .emptyBatch, .batchTooLong, .fieldMismatch,
        ]
        for refusal in all {
            #expect([-32_700, -32_600, -32_020].contains(refusal.code))
            #expect(!refusal.message.isEmpty && refusal.reason.allSatisfy(\.isLowercase))
        }
    }
}
