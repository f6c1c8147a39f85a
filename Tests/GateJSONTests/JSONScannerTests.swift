// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import Testing

@Suite("JSON scanner")
struct JSONScannerTests {
    private func tokens(_ text: String) throws -> [(JSONScanner.Token.Kind, String)] {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        var found: [(JSONScanner.Token.Kind, String)] = []
        while true {
            let token = try scanner.next(in: bytes.span)
            found.append((token.kind, scanner.decodeString(token, in: bytes.span)))
            if token.kind == .end { return found }
        }
    }

    @Test("tokens come with the octets they stand for")
    func sequence() throws {
        let found = try tokens(#" {"a" : [1, "x\n", true,false ,null, {}], "b":-2.5} "#)

        #expect(
            found.map(\.0) == [
                .beginObject, .name, .beginArray, .number, .string, .true, .false, .null, .beginObject, .endObject,
                .endArray, .name, .number, .endObject, .end,
            ])
        #expect(found.map(\.1)[1...6] == ["a", "[", "1", "x\n", "true", "false"])
        #expect(found.map(\.1)[12] == "-2.5")
    }

    @Test("a value is passed over as a whole and its range is exact")
    func skipping() throws {
        let bytes = Array(#"{"skip":{"a":[1,{"b":"}"}]},"s":"x","n":12,"keep":true}"#.utf8)
        var scanner = JSONScanner()
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

        #expect(try scanner.next(in: bytes.span).kind == .beginObject)
        #expect(text(try scanner.skipValue(in: bytes.span)) == #"{"a":[1,{"b":"}"}]}"#)
        #expect(try scanner.next(in: bytes.span).kind == .name)
        #expect(text(try scanner.skipValue(in: bytes.span)) == #""x""#)
        #expect(text(try scanner.skipValue(in: bytes.span)) == "12")
        let name = try scanner.next(in: bytes.span)
        let isKeep = scanner.matches(name, "keep", in: bytes.span)
        let isKept = scanner.matches(name, "kept", in: bytes.span)
        #expect(isKeep && !isKept)
        #expect(try scanner.next(in: bytes.span).kind == .true)
        #expect(try scanner.next(in: bytes.span).kind == .endObject)
        #expect(try scanner.next(in: bytes.span).kind == .end)
        #expect(try scanner.next(in: bytes.span).kind == .end)
    }

    @Test("a skipped value is checked like any other")
    func skippingChecks() throws {
        let bytes = Array(#"[{"a":1,"a":2}]"#.utf8)
        var scanner = JSONScanner()
        _ = try scanner.next(in: bytes.span)

        let error = #expect(throws: JSONError.self) { try scanner.skipValue(in: bytes.span) }

        #expect(error?.code == .duplicateMember)
    }

    @Test("a name with escapes matches its text")
    func escapedNames() throws {
        let bytes = Array(#"{"m\u0065thod":1}"#.utf8)
        var scanner = JSONScanner()
        _ = try scanner.next(in: bytes.span)
        let name = try scanner.next(in: bytes.span)

        #expect(name.hasEscapes)
        let isMethod = scanner.matches(name, "method", in: bytes.span)
        #expect(isMethod)
    }
}
