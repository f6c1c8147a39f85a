// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateTestKit
import Testing

@Suite("Request heads")
struct RequestHeadTests {
    private static let sample =
        "POST /mcp?a=b HTTP/1.1\r\nHost: a.example\r\nauthorization: Bearer x\r\nContent-Length: 7\r\n"
        + "Accept:  text/event-stream \t\r\nX-Empty:\r\nExpect: 100-Continue\r\n\r\n"

    @Test("a head is indexed: line, target, path, values without white space, framing")
    func index() throws {
        let (head, bytes) = try scanned(Self.sample)

        #expect(head.method == .post)
        #expect(text(bytes, head.targetRange) == "/mcp?a=b")
        #expect(text(bytes, head.pathRange) == "/mcp")
        #expect(head.framing == .length(7))
        #expect(head.expectsContinue && head.keepsAlive && !head.requestsUpgrade)
        #expect(head.headBytes == bytes.count)
        #expect(head.first(.accept).map { text(bytes, $0.value) } == "text/event-stream")
        #expect(head.first(.authorization).map { text(bytes, $0.value) } == "Bearer x")
        #expect(head.fields.count == 6)
    }

    @Test("octets that arrive one at a time, or in any pieces, give the same head")
    func pieces() throws {
        let whole = try scanned(Self.sample)
        var generator = SeededGenerator(seed: 1)
        for round in 0..<200 {
            var scanner = RequestHeadScanner()
            var head = RequestHead()
            var result = ScanResult.incomplete
            var end = 0
            while end < whole.bytes.count {
                #expect(result == .incomplete)
                end = min(whole.bytes.count, end + (round == 0 ? 1 : Int.random(in: 1...30, using: &generator)))
                result = scanner.scan(whole.bytes.span.extracting(0..<end), into: &head)
            }
            #expect(result == .complete)
            #expect(head.fields == whole.head.fields)
            #expect(head.framing == whole.head.framing && head.targetRange == whole.head.targetRange)
        }
    }

    @Test("a refusal does not depend on how the octets arrive")
    func refusalInPieces() {
        for lines in ["X y: z", "Content-Length: 1\r\nContent-Length: 1", "X: a\u{0}", "Host: b"] {
            let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n".utf8)
            var scanner = RequestHeadScanner()
            var head = RequestHead()
            var result = ScanResult.incomplete
            for end in 1...bytes.count where result == .incomplete {
                result = scanner.scan(bytes.span.extracting(0..<end), into: &head)
            }
            #expect(result == verdict(bytes), "\(lines)")
            #expect(result != .complete && result != .incomplete)
        }
    }

    @Test("a scanner that refused reads the next head afresh, and nothing of the last one is left in it")
    func reuse() throws {
        var scanner = RequestHeadScanner()
        var head = RequestHead()
        let first = Array("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
        let firstResult = scanner.scan(first.span, into: &head)
        #expect(firstResult == .complete)
        #expect(head.method == .head && !head.keepsAlive)

        let broken = Array("G(T".utf8)
        let refusal = scanner.scan(broken.span, into: &head)
        #expect(refusal == .refused(.requestLineMalformed))
        #expect(head.method == .other)
        let next = Array(Self.sample.utf8)
        let nextResult = scanner.scan(next.span, into: &head)
        #expect(nextResult == .complete)
        #expect(head.method == .post && head.keepsAlive && head.fields.count == 6)
    }

    @Test(
        "when a connection stays open (RFC 9112 §9.3)",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: keep-alive, Close\r\n", false),
            ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false), ("HTTP/1.0", "", false),
            ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ])
    func keepAlive(_ version: String, _ line: String, _ expected: Bool) throws {
        let (head, _) = try scanned("GET / \(version)\r\nHost: a\r\n\(line)\r\n")

        #expect(head.keepsAlive == expected)
    }

    @Test("absolute-form is reduced to origin-form when its authority is the Host (RFC 9112 §3.2.2)")
    func absoluteForm() throws {
        let (head, bytes) = try scanned("GET HTTP://A.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n")

        #expect(text(bytes, head.targetRange) == "/x?y")
        #expect(text(bytes, head.pathRange) == "/x")
    }

    @Test(
        "only a WebSocket handshake is an upgrade: GET, no body, Connection and Upgrade (RFC 9110 §7.8; D14)",
        arguments: [
            ("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: WebSocket", true),
            ("GET / HTTP/1.1", "Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\nContent-Length: 0", true),
            ("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: h2c", false),
            ("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket, h2c", false),
            ("GET / HTTP/1.1", "Upgrade: websocket", false), ("GET / HTTP/1.1", "Connection: Upgrade", false),
            ("POST / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket", false),
            ("GET / HTTP/1.0", "Connection: Upgrade\r\nUpgrade: websocket", false),
            ("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1", false),
            ("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked", false),
        ])
    func upgrade(_ line: String, _ fields: String, _ expected: Bool) throws {
        let (head, bytes) = try scanned("\(line)\r\nHost: a\r\n\(fields)\r\n\r\n")
        var out: [UInt8] = []
        RequestHeadWriter.write(head, bytes.span, RequestEdits(allowsUpgrade: true), into: &out)

        #expect(head.requestsUpgrade == expected)
        #expect(text(out).lowercased().contains("upgrade") == expected)
    }
}
