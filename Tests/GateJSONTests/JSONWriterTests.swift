// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateTestKit
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test("commas, colons and numbers")
    func structure() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", "x")
        writer.member("b", true)
        writer.name("c")
        writer.beginArray()
        writer.int(Int64.min)
        writer.int(0)
        writer.int(UInt8(255))
        writer.null()
        writer.raw("{}".utf8)
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.name("d")
        writer.double(.nan)
        writer.endObject()

        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"a":"x","b":true,"c":[-9223372036854775808,0,255,null,{},{}],"d":null}"#)
    }

    @Test("every string comes back, control characters escaped (RFC 8259 §7)")
    func strings() throws {
        var random = SeededGenerator(seed: 7)
        let alphabet: [Unicode.Scalar] =
            (0..<0x80).map { Unicode.Scalar(UInt8($0)) } + ["é", "\u{2028}", "😀", "\u{FEFF}"]
        for _ in 0..<200 {
            var text = ""
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                text.unicodeScalars.append(random.pick(alphabet) ?? "x")
            }
            let bytes = JSONValue.string(text).serialized()

            #expect(!bytes.contains { $0 < 0x20 })
            #expect(try JSONValue.parse(bytes) == .string(text))
        }
    }

    @Test("indented form")
    func pretty() {
        let value: JSONValue = ["a": [1, ["b": []]], "c": [:], "d": nil]

        #expect(
            String(decoding: value.serialized(pretty: true), as: UTF8.self) == """
                {
                  "a": [
                    1,
                    {
                      "b": []
                    }
                  ],
                  "c": {},
                  "d": null
                }
                """)
    }
}
