// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON
import GateTestKit
import Testing

@Suite("Compact tokens (D2, D3, D4)")
struct TokenParsingTests {
    let mint: TokenMint
    let judge: Judge
    let good: String

    init() throws {
        mint = try TokenMint()
        judge = try Judge(mint)
        good = try mint.token(at: judge.now, signer: mint.signers[1])
    }

    private func token(header: String, payload: String? = nil) throws -> String {
        let claims = String(decoding: JSONValue.object(mint.claims(at: judge.now)).serialized(), as: UTF8.self)
        return try mint.token(header: header, payload: payload ?? claims, signer: mint.signers[1])
    }

    @Test("a good token is accepted, also with unknown header parameters, white space and escapes")
    func controls() throws {
        #expect(judge.refusal(good) == nil)
        #expect(judge.refusal(try token(header: #"{ "alg":"ES256",  "k\u0069d":"ec-1","x-vendor":{"a":1}}"#)) == nil)
        #expect(judge.refusal(try token(header: #"{"alg":"ES256","kid":"ec-1","jku":"https://evil.example/"}"#)) == nil)
    }

    @Test(
        "anything but three parts is refused",
        arguments: [
            { _ in "" }, { _ in "." }, { _ in ".." }, { _ in "..." }, { _ in "...." }, { _ in "abc" }, { _ in "{}" },
            { $0 + ".x" }, { $0 + "." }, { $0 + ".x.y" }, { "." + $0 }, { "\"" + $0 + "\"" }, { "<" + $0 + ">" },
            { "Bearer " + $0 }, { $0 + "," + $0 }, { $0 + " " + $0 }, { $0 + ";" }, { $0 + "#x" }, { $0 + "." + $0 },
            { $0 + "=" }, { $0 + " " }, { $0 + "\n" }, { "\t" + $0 }, { $0 + "\0" }, { $0 + "!!" }, { $0 + "é" },
            { $0.replacing(".", with: "%2e") }, { Base64URL.encode($0.utf8) },
            { $0.split(separator: ".")[0] + ".." + $0.split(separator: ".")[2] },
            { $0.split(separator: ".").prefix(2).joined(separator: ".") + "." },
            { $0.split(separator: ".").prefix(2).joined(separator: ".") },
            { "." + $0.split(separator: ".").suffix(2).joined(separator: ".") },
        ] as [@Sendable (String) -> String])
    func structure(_ change: @Sendable (String) -> String) {
        #expect(judge.refusal(change(good)) == .malformed)
    }

    @Test("every other spelling of a part is refused (RFC 7515 §2, RFC 4648 §3.5)")
    func canonical() throws {
        let parts = good.split(separator: ".").map(String.init)
        for index in 0..<3 {
            let part = parts[index]
            let inner = part.index(part.startIndex, offsetBy: 8)
            let (start, end) = (String(part[..<inner]), String(part[inner...]))
            var respelled = ["=", "==", "!", " "].map { part + $0 }
            respelled += [" ", "\t", "%41", "*", "\n"].map { start + $0 + end }
            for text in respelled {
                var changed = parts
                changed[index] = text
                #expect(judge.refusal(changed.joined(separator: ".")) == .malformed, "part \(index)")
            }
        }
        // 64 octets are 86 characters; the last holds four bits that mean nothing.
        let last = try #require(parts[2].last?.asciiValue)
        let spare = String(UnicodeScalar(last + 1))
        #expect(judge.refusal(parts[0] + "." + parts[1] + "." + parts[2].dropLast() + spare) == .malformed)
    }

    @Test(
        "header must be one JSON object without duplicates",
        arguments: [
            "", "alg=ES256", "[\"ES256\"]", "\"ES256\"", "1", "null", "{}",
            #"{"alg":"ES256","kid":"ec-1"}x"#, #"{"alg":"ES256","kid":"ec-1"}{}"#,
            "{\"alg\":\"ES256\",\"kid\":\"ec-1\"}\0",
            "\u{FEFF}{\"alg\":\"ES256\",\"kid\":\"ec-1\"}", "{'alg':'ES256','kid':'ec-1'}",
            #"/**/{"alg":"ES256","kid":"ec-1"}"#, #"{"alg":"ES256","kid":"ec-1""#,
            #"{"alg":"ES256","kid":"ec-1","alg":"none"}"#, #"{"alg":"none","kid":"ec-1","alg":"ES256"}"#,
            #"{"alg":"ES256","kid":"evil","kid":"ec-1"}"#, #"{"alg":"ES256","kid":"ec-1","\u0061lg":"ES256"}"#,
            #"{"alg":"","kid":"ec-1"}"#, #"{"alg":null,"kid":"ec-1"}"#, #"{"alg":["ES256"],"kid":"ec-1"}"#,
            #"{"alg":0,"kid":"ec-1"}"#, #"{"alg":true,"kid":"ec-1"}"#, #"{"alg":{"a":1},"kid":"ec-1"}"#,
            #"{"ALG":"ES256","kid":"ec-1"}"#,
            #"{"alg":"ES256","kid":["ec-1"]}"#, #"{"alg":"ES256","kid":1}"#, #"{"alg":"ES256","kid":null}"#,
            #"{"alg":"ES256","kid":"ec-1","typ":["JWT"]}"#, #"{"alg":"ES256","kid":"ec-1","typ":1}"#,
        ])
    func headers(_ header: String) throws {
        #expect(judge.refusal(try token(header: header)) == .malformed)
    }

    @Test(
        "crit, b64, zip and enc are refused whatever they hold (D3, RFC 7515 §4.1.11, RFC 7797 §7)",
        arguments: [
            #""crit":["x-must"],"x-must":1"#, #""crit":["x-must"]"#, #""crit":["exp"],"exp":1"#, #""crit":[]"#,
            #""crit":"x""#, #""crit":["alg"]"#, #""crit":[1]"#, #""crit":null"#, #""crit":["x","x"],"x":1"#,
            #""crit":["b64"],"b64":true"#, #""crit":["b64"],"b64":false"#, #""b64":false"#, #""zip":"DEF""#,
            #""enc":"A256GCM""#,
        ])
    func critical(_ parameter: String) throws {
        #expect(judge.refusal(try token(header: "{\"alg\":\"ES256\",\"kid\":\"ec-1\",\(parameter)}")) == .malformed)
    }

    @Test("payload must be one JSON object without duplicates (RFC 7519 §4)")
    func payloads() throws {
        let claims = String(decoding: JSONValue.object(mint.claims(at: judge.now)).serialized(), as: UTF8.self)
        let header = #"{"alg":"ES256","kid":"ec-1"}"#
        let open = String(claims.dropLast())
        let deep = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
        var bad = ["hello", "[]", "\"x\"", "null", "42", open, claims + "{}", claims + "\0", good]
        bad += [claims.replacing("\"alice\"", with: "NaN"), claims.replacing("alice", with: "al\\ud800ice")]
        bad += ["\"exp\":1", "\"aud\":\"https://evil.example\"", "\"x\":\(deep)"].map { "\(open),\($0)}" }
        for payload in bad {
            #expect(judge.refusal(try token(header: header, payload: payload)) == .malformed, "\(payload)")
        }
        #expect(judge.refusal(try token(header: header, payload: claims.replacing("{", with: " {\n"))) == nil)
    }

    @Test("a token is at most 16 KiB long")
    func length() throws {
        func padded(_ count: Int) throws -> String {
            try mint.token(at: judge.now, claims: ["pad": .string(String(repeating: "x", count: count))])
        }

        #expect(judge.refusal(try padded(11_000)) == nil)
        #expect(judge.refusal(try padded(16_384)) == .malformed)
        #expect(judge.refusal(String(repeating: "A", count: 524_288)) == .malformed)
    }

    @Test("JSON serialisations and JWEs are not bearer tokens (RFC 7515 §7.2, RFC 7516)")
    func otherSerialisations() {
        let parts = good.split(separator: ".")
        #expect(
            judge.refusal(#"{"protected":"\#(parts[0])","payload":"\#(parts[1])","signature":"\#(parts[2])"}"#)
                == .malformed)
        #expect(judge.refusal("\(parts[0]).a.b.c.d") == .malformed)
    }

    @Test("random damage to a token is never accepted and never traps", arguments: 1...30 as ClosedRange<UInt64>)
    func damage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var bytes = Array(good.utf8)
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
                default: bytes.removeSubrange(index...)
                }
                if bytes.isEmpty { break }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard text != good else { continue }

            #expect(judge.refusal(text) != nil, "seed \(seed)")
        }
    }
}
