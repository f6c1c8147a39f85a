// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateTestKit
import Testing

@Suite("JSON parsing (RFC 8259)")
struct JSONParsingTests {
    @Test(
        "every scored vector of the JSON corpus is judged as it should be",
        .enabled(if: Corpora.isPresent("json_parsing"), "the shared vectors are absent"))
    func corpus() throws {
        var scored = 0
        for vector in try Corpora.vectors("json_parsing") {
            let bytes = try #require(vector.base64("text_b64"))
            let accepted = (try? JSONValue.parse(bytes)) != nil
            let scanned = Self.scans(bytes)

            #expect(accepted == scanned, "parser and scanner disagree about \(vector.id)")
            switch vector.expected {
            case .accept:
                scored += 1
                // RFC 8259 §4 lets names repeat; we never do.
                let repeats = vector.id.contains("duplicated_key")
                #expect(accepted != repeats, "\(vector.id)")
            case .reject, .rejectOrNormalise:
                scored += 1
                #expect(!accepted, "\(vector.id)")
            case .info: break
            }
        }
        #expect(scored == 283)
    }

    private static func scans(_ bytes: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        do {
            while try scanner.next(in: bytes.span).kind != .end {}
            return true
        } catch {
            return false
        }
    }

    @Test(
        "what strict means: each of these is refused with its own code",
        arguments: [
            (#"{"a":1,"a":2}"#, JSONError.Code.duplicateMember),
            (#"{"x":{"a":1,"\u0061":2}}"#, .duplicateMember),
            (#"[{"a":1,"b":{"a":1},"a":2}]"#, .duplicateMember),
            ("\u{FEFF}1", .syntax),
            (#""\ud800""#, .encoding),
            (#""\udc00\ud800""#, .encoding),
            (#""\ud800\u0041""#, .encoding),
            ("1 2", .trailingData),
            ("{}}", .trailingData),
            ("", .truncated),
            ("[1,", .truncated),
            ("{\"a\"", .truncated),
            ("\"a", .truncated),
            ("1.", .truncated),
            ("-", .truncated),
            ("01", .syntax),
            ("+1", .syntax),
            (".5", .syntax),
            ("[1,]", .syntax),
            ("{\"a\":1,}", .syntax),
            ("{a:1}", .syntax),
            ("'a'", .syntax),
            ("NaN", .syntax),
            ("nul", .syntax),
            ("nulL", .syntax),
            ("\"a\nb\"", .syntax),
            (#""\x41""#, .syntax),
            ("[1}", .syntax),
            ("// x\n1", .syntax),
        ] as [(String, JSONError.Code)])
    func strictness(_ text: String, _ code: JSONError.Code) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }

        #expect(error?.code == code)
    }

    @Test(
        "octets that are not UTF-8 are refused (RFC 8259 §8.1)",
        arguments: [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80],
            [0x80], [0xE2, 0x82], [0xFF],
        ] as [[UInt8]])
    func illFormed(_ sequence: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse([0x22] + sequence + [0x22]) }

        #expect(error?.code == .encoding)
    }

    @Test("values come out as written")
    func values() throws {
        let text =
            #" {"s":"a\"\\\/\b\f\n\r\té\u00e9\ud83d\ude00","n":-1.5e3,"t":true,"f":false,"z":null,"l":["a","b"],"o":{}} "#
        let value = try JSONValue.parse(Array(text.utf8))
        let object = try #require(value.object)

        #expect(object.members.map(\.name) == ["s", "n", "t", "f", "z", "l", "o"])
        #expect(object["s"]?.string == "a\"\\/\u{8}\u{c}\n\r\téé😀")
        #expect(object["n"]?.int64 == -1500)
        #expect(object["t"]?.bool == true)
        #expect(object["z"] == .null)
        #expect(object["absent"] == nil)
        #expect(object["l"]?.strings == ["a", "b"])
        #expect(try JSONValue.parse(value.serialized()) == value)
        #expect(try JSONValue.parse(value.serialized(pretty: true)) == value)
    }

    @Test("canonically equivalent names are different names")
    func names() throws {
        let value = try JSONValue.parse(Array("{\"\u{e9}\":1,\"e\u{301}\":2}".utf8))

        #expect(value.object?["\u{e9}"]?.int64 == 1)
        #expect(value.object?["e\u{301}"]?.int64 == 2)
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
    }

    @Test("errors say where")
    func position() {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(Array("{\n  \"é\": tru\n}".utf8)) }

        #expect(error?.line == 2)
        #expect(error?.column == 8)
        #expect(error?.offset == 10)
    }

    @Test("limits: depth, length, members, elements")
    func limits() throws {
        func code(_ text: String, _ limits: JSONLimits) -> JSONError.Code? {
            do {
                _ = try JSONValue.parse(Array(text.utf8), limits: limits)
                return nil
            } catch {
                return error.code
            }
        }
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }

        #expect(code(nested(32), .document) == nil)
        #expect(code(nested(33), .document) == .limit)
        #expect(code("[1,2]", JSONLimits(bytes: 5)) == nil)
        #expect(code("[1,2]", JSONLimits(bytes: 4)) == .limit)
        #expect(code("[1,2]", JSONLimits(bytes: 100, elements: 1)) == .limit)
        #expect(code(#"{"a":1,"b":2}"#, JSONLimits(bytes: 100, members: 1)) == .limit)
        #expect(code(#"{"a":1,"b":2}"#, JSONLimits(bytes: 100, members: 2)) == nil)
    }

    @Test("duplicates are found in wide and nested objects, and only there", arguments: 1...64 as ClosedRange<UInt64>)
    func duplicates(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func object(_ depth: Int) -> (text: String, repeats: Bool) {
            var seen: Set<String> = []
            var parts: [String] = []
            var repeats = false
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let name = "n\(Int.random(in: 0...9_000, using: &random))"
                repeats = !seen.insert(name).inserted || repeats
                let escaped = Bool.random(using: &random) ? name.replacing("n", with: "\\u006e") : name
                guard depth < 3, Int.random(in: 0...9, using: &random) == 0 else {
                    parts.append("\"\(escaped)\":0")
                    continue
                }
                let inner = object(depth + 1)
                repeats = repeats || inner.repeats
                parts.append("\"\(escaped)\":\(inner.text)")
            }
            return ("{" + parts.joined(separator: ",") + "}", repeats)
        }
        let (text, repeats) = object(0)

        let accepted = (try? JSONValue.parse(Array(text.utf8))) != nil

        #expect(accepted != repeats, "seed \(seed)")
    }

    @Test(
        "numbers are integral when their value is",
        arguments: [
            ("1e3", 1000), ("1000.0", 1000), ("1.5e1", 15), ("-0", 0), ("-0.0e99", 0),
            ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("9223372036854775808", nil), ("1.5", nil), ("1e-1", nil),
            ("10e-1", 1),
            ("1e19", nil), ("1e999999999999", nil), ("0e999999999999", 0), ("9.223372036854775807e18", Int64.max),
        ] as [(String, Int64?)])
    func integers(_ text: String, _ expected: Int64?) throws {
        #expect(try JSONValue.parse(Array(text.utf8)).int64 == expected)
    }

    @Test("numbers beyond a double have none")
    func doubles() throws {
        #expect(try JSONValue.parse(Array("1e999".utf8)).number?.double == nil)
        #expect(try JSONValue.parse(Array("1.25".utf8)).number?.double == 1.25)
        #expect(JSONNumber(Double.infinity) == nil)
    }
}
