// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateTestKit
import Testing

/// Random changes to sound messages: nothing that is accepted means something else after it was written.
@Suite("Mutated messages")
struct MutationTests {
    private static let fields = [
        "Accept: application/json, text/event-stream", "Content-Type: application/json", "Cookie: a=1; ours=2; b=3",
        "Authorization: Bearer abc.def.ghi", "Connection: keep-alive, x-a", "X-A: b", "Transfer-Encoding: chunked",
        "Content-Length: 5", "Expect: 100-continue", "Upgrade: websocket", "Connection: Upgrade",
        "X-Forwarded-For: 1.1.1.1",
        "X-MS-CLIENT-PRINCIPAL: x", "X_A: b", "Mcp-Session-Id: 1", "X-Empty:", "TE: trailers", "Host: b.example",
        "Content-Length: 005", "X-Original-URL: /", "traceparent: 00-1-2-03", "Proxy-Foo: a",
        "X-Long: " + String(repeating: "y", count: 70),
    ]
    private static let splices = [
        "\r", "\n", "\r\n", "\r\n ", "\t", " ", "\0", ":", ",", ";", "_", "-", "chunked", "%2e", "//", "#", "?",
        "\u{7F}", "é",
        "Host: a.example\r\n", "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "\r\n\r\n", "HTTP/1.0",
        "close", "0",
    ]

    private static func message(_ random: inout SeededGenerator) -> [UInt8] {
        let methods = ["GET", "POST", "OPTIONS", "DELETE", "PROPFIND", "HEAD"]
        let targets = ["/", "/mcp", "/mcp?a=b", "*", "http://a.example/x", "http://a.example", "/%6dcp", "/a//b"]
        let method = random.pick(methods) ?? "GET"
        let target = random.pick(targets) ?? "/"
        var lines = ["\(method) \(target) HTTP/1.1", "Host: a.example"]
        for _ in 0..<Int.random(in: 0...6, using: &random) { lines.append(random.pick(fields) ?? "X-A: b") }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(contentsOf: Array((random.pick(splices) ?? " ").utf8), at: index)
        case 3: bytes[index] ^= 0x20
        case 4:
            let end = min(bytes.count, index + Int.random(in: 1...20, using: &random))
            bytes.insert(contentsOf: bytes[index..<end], at: index)
        default:
            let other = Int.random(in: 0..<bytes.count, using: &random)
            bytes.swapAt(index, other)
        }
    }

    @Test("D11: accepted heads are written as what they mean, whatever was done to them")
    func heads() {
        var random = SeededGenerator(seed: 0x6761_7465)
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = Self.message(&random)
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty { Self.mutate(&bytes, &random) }
            if Rewriting.check(
                bytes, "seed \(random.seed), round \(round): \(String(decoding: bytes, as: UTF8.self))")
            {
                accepted += 1
            }
        }
        #expect(accepted > 2_000)
    }

    @Test("heads are judged alike whole and in parts")
    func parts() {
        var random = SeededGenerator(seed: 0x7061_7274)
        for round in 0..<5_000 {
            var bytes = Self.message(&random)
            for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty { Self.mutate(&bytes, &random) }
            var scanner = RequestHeadScanner()
            var head = RequestHead()
            var result = ScanResult.incomplete
            var count = 0
            while result == .incomplete, count < bytes.count {
                count = min(bytes.count, count + Int.random(in: 1...9, using: &random))
                result = scanner.scan(bytes.span.extracting(0..<count), into: &head)
            }
            #expect(result == verdict(bytes), "seed \(random.seed), round \(round)")
        }
    }
}
