// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateMCP
import GateTestKit
import Testing

@Suite("JSON-RPC inspection")
struct JSONRPCInspectionTests {
    private static func inspect(_ text: String, allowsBatch: Bool = false) throws(JSONRPCRefusal) -> [MCPRequestSummary]
    {
        let octets = Array(text.utf8)
        return try JSONRPCInspection.inspect(body: octets.span, allowsBatch: allowsBatch)
    }

    private static func refusal(of text: String, allowsBatch: Bool = false) -> JSONRPCRefusal? {
        do throws(JSONRPCRefusal) {
            _ = try inspect(text, allowsBatch: allowsBatch)
            return nil
        } catch { return error }
    }

    @Test("a request is read in whatever order its members stand (JSON-RPC 2.0 §4)")
    func request() throws {
        for text in [
            #"{"jsonrpc":"2.0","id":"7","method":"tools/call","params":{"name":"add","arguments":{"a":[1,{"name":"x"}]}}}"#,
            #" { "params" : { "arguments":{"name":"no"}, "name":"add" } ,"method":"tools\/call", "id":"7","jsonrpc":"2.0"}"#,
            #"{"\u006asonrpc":"2.0","method":"tools/\u0063all","params":{"n\u0061me":"a\u0064d"},"id":"7"}"#,
        ] {
            let summary = try #require(try Self.inspect(text).first)

            #expect(summary.method == "tools/call" && summary.target == "add" && summary.kind == .request)
            #expect(summary.id == Array(#""7""#.utf8))
        }
    }

    @Test(
        "notifications and responses are told apart (JSON-RPC 2.0 §4.1, §5)",
        arguments: [
            (#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, MCPRequestSummary.Kind.notification),
            (#"{"jsonrpc":"2.0","method":"ping","id":1,"params":null}"#, .request),
            (#"{"jsonrpc":"2.0","id":-1.5e3,"result":{"method":"tools/call"}}"#, .response),
            (#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":""}}"#, .response),
        ])
    func kinds(_ text: String, _ kind: MCPRequestSummary.Kind) throws {
        #expect(try Self.inspect(text).map(\.kind) == [kind])
    }

    @Test(
        "SCP-08: the method alone decides which member is the target",
        arguments: [
            ("tools/call", #"{"name":"danger","uri":"safe"}"#, "danger"),
            ("tools/call", #"{"uri":"safe","name":"danger"}"#, "danger"),
            ("prompts/get", #"{"uri":"safe","name":"danger"}"#, "danger"),
            ("resources/read", #"{"uri":"file:///a","name":"b"}"#, "file:///a"),
            ("resources/subscribe", #"{"uri":"file:///a"}"#, "file:///a"),
            ("tools/list", #"{"name":"x","uri":"y"}"#, nil),
            ("Tools/Call", #"{"name":"x"}"#, nil),
            ("tools/call", #"{}"#, nil),
        ] as [(String, String, String?)])
    func target(_ method: String, _ params: String, _ expected: String?) throws {
        for text in [
            #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#,
            #"{"params":\#(params),"method":"\#(method)","jsonrpc":"2.0","id":1}"#,
        ] {
            #expect(try Self.inspect(text).first?.target == expected)
        }
    }

    @Test(
        "a target that is no text is refused, where it counts",
        arguments: ["5", "null", "true", #"["danger"]"#, #"{"a":1}"#])
    func targetShape(_ value: String) throws {
        let call = #"{"jsonrpc":"2.0","id":1,"params":{"name":\#(value)},"method":"tools/call"}"#
        #expect(Self.refusal(of: call) == .targetMalformed)
        let read = #"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":\#(value)}}"#
        #expect(Self.refusal(of: read) == .targetMalformed)
        #expect(Self.refusal(of: #"{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"name":\#(value),"a":2}}"#) == nil)
    }

    @Test(
        "duplicate members are refused at every depth (RFC 8259 §4)",
        arguments: [
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","\u006dethod":"tools/call"}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","name":"danger"}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"b":[{"c":1,"c":2}]}}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"a":1,"a":1}}}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{"x":{"y":0,"y":0}}}"#,
        ])
    func duplicates(_ text: String) {
        #expect(Self.refusal(of: text) == .duplicateMember)
    }

    @Test(
        "GHSA-4gph-2hhr-5mwg: names that lax parsers match without regard to case are refused",
        arguments: [
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call"}"#,
            #"{"jsonrpc":"2.0","id":1,"METHOD":"tools/call"}"#,
            #"{"JsonRpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}"#,
            #"{"jsonrpc":"2.0","id":1,"ID":2,"method":"ping"}"#,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"param\u{17F}\":{}}",
            #"{"jsonrpc":"2.0","id":1,"method":"ping","param\u017f":{}}"#,
            "{\"jsonrpc\":\"2.0\",\"\u{131}d\":1,\"method\":\"ping\"}",
            #"{"jsonrpc":"2.0","id":1,"method":"ping","Result":{}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping","\u0045rror":{}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","Name":"danger"}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","\u004eame":"danger"}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"URI":"file:///a"}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Arguments":{}}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_Meta":{}}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolversion":"x"}}}"#,
        ])
    func caseVariants(_ text: String) {
        #expect(Self.refusal(of: text) == .caseVariant)
    }

    @Test("other names pass, also inside arguments, whatever their case")
    func otherNames() {
        let text = """
            {"jsonrpc":"2.0","id":1,"method":"tools/call","x":{"Method":1},"names":1,"méthod":2,
             "params":{"name":"a","names":[],"arguments":{"Name":"b","Method":"c","URI":"d"},"_meta":{"Progress":1}}}
            """
        #expect(Self.refusal(of: text) == nil)
    }

    @Test(
        "what is no JSON-RPC 2.0 message is refused",
        arguments: [
            "5", #""method""#, "null", "true", "{}", #"{"jsonrpc":"2.0"}"#, #"{"jsonrpc":"2.0","id":1}"#,
            #"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, #"{"jsonrpc":2.0,"id":1,"method":"ping"}"#,
            #"{"id":1,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1,"method":5}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, #"{"jsonrpc":"2.0","result":{}}"#,
            #"{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}"#, #"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#,
            #"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"p","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":7}}}"#,
        ])
    func notJSONRPC(_ text: String) {
        #expect(Self.refusal(of: text) == .notJSONRPC)
    }

    @Test(
        "what is no JSON document to its very end is refused (RFC 8259 §2)",
        arguments: [
            "", " ", "{", #"{"jsonrpc":"2.0","id":1,"method":"ping"}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping"} {}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping",}"#, #"{"jsonrpc":"2.0","id":01,"method":"ping"}"#,
            #"{'jsonrpc':'2.0'}"#, "\u{FEFF}{}", #"{"jsonrpc":"2.0","id":1,"method":"ping","x":NaN}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#, #"{"jsonrpc":"2.0","id":1,"method":"ping"/**/}"#,
        ])
    func malformed(_ text: String) {
        #expect(Self.refusal(of: text) == .malformed)
    }

    @Test("TRL-06: a batch is refused unless the revision has them, and then every element is read")
    func batch() throws {
        let one = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ok"}}"#
        let two = #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"forbidden"}}"#

        #expect(Self.refusal(of: "[\(one)]") == .batchNotAllowed)
        #expect(try Self.inspect("[\(one), \(two)]", allowsBatch: true).map(\.target) == ["ok", "forbidden"])
        #expect(try Self.inspect(one, allowsBatch: true).count == 1)
        #expect(Self.refusal(of: "[]", allowsBatch: true) == .emptyBatch)
        #expect(Self.refusal(of: "[1]", allowsBatch: true) == .notJSONRPC)
        #expect(Self.refusal(of: "[[\(one)]]", allowsBatch: true) == .notJSONRPC)
        #expect(Self.refusal(of: "[\(one),{}]", allowsBatch: true) == .notJSONRPC)
        let longest = Array(repeating: one, count: JSONRPCInspection.maximumBatchCount)
        #expect(try Self.inspect("[\(longest.joined(separator: ","))]", allowsBatch: true).count == longest.count)
        let tooLong = (longest + [one]).joined(separator: ",")
        #expect(Self.refusal(of: "[\(tooLong)]", allowsBatch: true) == .batchTooLong)
    }

    @Test("size, depth and width have limits")
    func limits() throws {
        func refusal(_ text: String, _ limits: JSONLimits) -> JSONRPCRefusal? {
            let octets = Array(text.utf8)
            do throws(JSONRPCRefusal) {
                _ = try JSONRPCInspection.inspect(body: octets.span, allowsBatch: false, limits: limits)
                return nil
            } catch { return error }
        }
        func message(_ x: String) -> String { #"{"jsonrpc":"2.0","id":1,"method":"ping","x":\#(x)}"# }
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }

        #expect(refusal(message("1"), JSONLimits(bytes: message("1").utf8.count)) == nil)
        #expect(refusal(message("10"), JSONLimits(bytes: message("1").utf8.count)) == .limit)
        #expect(refusal(message(nested(63)), JSONRPCInspection.defaultLimits) == nil)
        #expect(refusal(message(nested(64)), JSONRPCInspection.defaultLimits) == .limit)
        #expect(refusal(message("[1,2,3]"), JSONLimits(bytes: 100, elements: 2)) == .limit)
        #expect(refusal(message("1"), JSONLimits(bytes: 100, members: 3)) == .limit)
    }

    @Test(
        "the shared JSON vectors: nothing that is not JSON is inspected",
        .enabled(if: Corpora.isPresent("json_parsing")))
    func corpus() throws {
        var count = 0
        for vector in try Corpora.vectors("json_parsing") where vector.expected == .reject {
            guard let document = vector.base64("text_b64") else { continue }
            let octets =
                Array(#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"#.utf8) + document + Array("}}".utf8)
            count += 1
            #expect(throws: JSONRPCRefusal.self, "\(vector.id)") {
                _ = try JSONRPCInspection.inspect(body: octets.span, allowsBatch: true)
            }
        }
        #expect(count > 100)
    }

    @Test("altered messages never trap, and what is accepted reads the same as a whole document")
    func mutations() throws {
        let seed = Array(
            #"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"é","uri":null,"_meta":{"x":[{}]}}}"#
                .utf8)
        let spice = Array(#"{}[]",:\u0 nNmMeE1é"#.utf8)
        var generator = SeededGenerator(seed: 0x6A73_6F6E)
        for _ in 0..<20_000 {
            var octets = seed
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<octets.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: octets[index] = generator.pick(spice) ?? 0
                case 1: octets.insert(generator.pick(spice) ?? 0, at: index)
                default: octets.remove(at: index)
                }
            }
            guard let summary = try? JSONRPCInspection.inspect(body: octets.span, allowsBatch: false).first else {
                continue
            }
            let whole = try JSONValue.parse(octets, limits: JSONRPCInspection.defaultLimits)
            #expect(whole.object?["method"]?.string == summary.method)
            #expect(whole.object?["params"]?.object?["name"]?.string == summary.name)
            #expect((whole.object?["id"] == nil) == (summary.id == nil))
        }
    }
}
