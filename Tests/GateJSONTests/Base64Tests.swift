// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateTestKit
import Testing

@Suite("Base 64 (RFC 4648)")
struct Base64Tests {
    @Test(
        "vectors of RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(_ plain: String, _ encoded: String) {
        #expect(Base64.encode(plain.utf8) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        #expect(Base64URL.encode(plain.utf8) == encoded.replacing("=", with: ""))
        #expect(Base64URL.decode(encoded.replacing("=", with: "")) == Array(plain.utf8))
    }

    @Test(
        "only the canonical spelling is read (RFC 4648 §3.5)",
        arguments: [
            "Zg==", "Zh", "Zm9=", "Zm9", "Z", "Zm9v\n", "Zm 9v", "Zm9v=", "+/+/", "Zm9vZ", "é", "Zg=", "=",
        ])
    func canonicalURL(_ text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(
        "standard alphabet: only the canonical spelling is read",
        arguments: [
            "Zg", "Zh==", "Zg=", "Zm9=", "-_-_", "====", "Zg==Zg==", "Zm9vZg===",
        ])
    func canonicalStandard(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("all octets come back, in both alphabets")
    func roundTrip() {
        var random = SeededGenerator(seed: 1)
        for count in 0...70 {
            let bytes = random.bytes(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF]) == "-_-_")
        #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
    }
}
