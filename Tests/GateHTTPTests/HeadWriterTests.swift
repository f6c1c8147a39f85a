// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateTestKit
import Testing

/// Defences D13, D14 and D20: what goes on, and what does not.
@Suite("Heads as they are passed on")
struct HeadWriterTests {
    private func written(_ lines: String, _ edits: RequestEdits = RequestEdits(), framing: BodyFraming? = nil) throws
        -> String
    {
        let (head, bytes) = try scanned("POST /mcp?q HTTP/1.1\r\nHost: a\r\n\(lines)\r\n")
        var out: [UInt8] = []
        RequestHeadWriter.write(head, bytes.span, edits, framing: framing, into: &out)
        let result = text(out)
        let start = "POST /mcp?q HTTP/1.1\r\nHost: a\r\n"
        #expect(result.hasPrefix(start) && result.hasSuffix("\r\n\r\n"))
        return String(result.dropFirst(start.count).dropLast())
    }

    @Test(
        "fields of the connection, of proxies, of identity and of path never go on (RFC 9110 §7.6.1; D13, D14)",
        arguments: [
            "Connection: keep-alive", "Keep-Alive: timeout=5", "TE: trailers", "Trailer: x", "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQ", "Proxy-Connection: close", "Proxy-Authorization: Basic x",
            "Proxy-Anything: x", "Proxy: http://evil.example", "Expect: 100-continue", "X-MS-CLIENT-PRINCIPAL: root",
            "x.ms.y: z",
            "X-Original-URL: /admin", "X-Rewrite-URL: /admin", "X-Forwarded-Uri: /admin", "X-HTTP-Method-Override: GET",
            "Authorization: Bearer t", "X-ZUMO-AUTH: t", "X-Forwarded-For: 1.2.3.4", "X-Real-IP: 1.2.3.4",
            "Forwarded: for=1.2.3.4", "True-Client-IP: 1.2.3.4", "traceparent: 00-a", "X-Request-Id: a", "a_b: c",
        ])
    func dropped(_ line: String) throws {
        #expect(try written("A: b\r\n\(line)\r\nC: d\r\n") == "A: b\r\nC: d\r\n")
    }

    @Test("fields that Connection lists are removed, but not those that frame, route or identify (D14)")
    func nominated() throws {
        #expect(
            try written("Connection: X-Secret, x-other\r\nx-secret: 1\r\nX-Keep: 2\r\nX-OTHER: 3\r\n")
                == "X-Keep: 2\r\n")
        #expect(
            try written("Connection: host, cookie, content-length\r\nCookie: a=b\r\nContent-Length: 3\r\n")
                == "Cookie: a=b\r\nContent-Length: 3\r\n")
        // What the gate adds stands, whatever the client lists.
        let edits = RequestEdits(appendedLines: Array("X-MS-CLIENT-PRINCIPAL-ID: u\r\n".utf8))
        #expect(
            try written("Connection: x-ms-client-principal-id\r\n", edits) == "X-MS-CLIENT-PRINCIPAL-ID: u\r\n")
    }

    @Test("framing is written anew, once")
    func framing() throws {
        #expect(try written("content-LENGTH: 5\r\nA: b\r\n") == "A: b\r\nContent-Length: 5\r\n")
        #expect(try written("transfer-encoding: CHUNKED\r\n") == "Transfer-Encoding: chunked\r\n")
        #expect(try written("Content-Length: 0\r\n") == "Content-Length: 0\r\n")
        #expect(try written("Content-Length: 007\r\n") == "Content-Length: 7\r\n")
        #expect(try written("A: b\r\n") == "A: b\r\n")
        #expect(try written("Transfer-Encoding: chunked\r\n", framing: .length(12)) == "Content-Length: 12\r\n")
        #expect(try written("Transfer-Encoding: chunked\r\n", framing: BodyFraming.none) == "Content-Length: 0\r\n")
    }

    @Test("path, host, credentials and forwarding as the edits say")
    func edits() throws {
        let (head, bytes) = try scanned(
            "GET /%6dcp?q=1 HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer t\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
        var out: [UInt8] = []
        let edits = RequestEdits(
            path: Array("/mcp".utf8), appendedLines: Array("X-Added: 1\r\n".utf8), forwardsAuthorization: true,
            host: Array("b:1".utf8), dropsForwarding: false)
        RequestHeadWriter.write(head, bytes.span, edits, into: &out)

        #expect(
            text(out)
                == "GET /mcp?q=1 HTTP/1.1\r\nHost: b:1\r\nAuthorization: Bearer t\r\nX-Forwarded-For: 1.2.3.4\r\n"
                + "X-Added: 1\r\n\r\n")
    }

    @Test(
        "the gate's own cookies are cut out of Cookie, in parts too (D27)",
        arguments: [
            ("a=1; gate=2; b=3", "a=1; b=3"), ("gate=2", ""), ("gate0=2; gate1=3; gatex=4", "gatex=4"),
            ("gate=2;gate=3;c=d", "c=d"), ("Gate=1; c=d", "Gate=1; c=d"), ("gate =1; c=d", "c=d"),
            ("a=gate=1", "a=gate=1"),
            ("gate; c=d", "c=d"), ("; ;", ""), ("=gate=1; c=d", "c=d"), (" = =gate=1;c=d", "c=d"),
            ("=a=gate", "=a=gate"),
            ("a=\"1; gate=2\"; c=d", "a=\"1; c=d"),
        ])
    func cookies(_ value: String, _ expected: String) throws {
        let lines = try written("Cookie: \(value)\r\n", RequestEdits(removedCookies: ["gate"]))

        #expect(lines == (expected.isEmpty ? "" : "Cookie: \(expected)\r\n"))
    }

    @Test("what the writer wrote scans to the same thing, and is written the same again (property)")
    func idempotence() throws {
        var generator = SeededGenerator(seed: 3)
        let lines = [
            "Accept: a/b", "X-A:b", "X-B:   spaced \t", "X-C:", "Cookie: a=1; gate=2", "Connection: x-a",
            "Connection: close",
            "Connection: keep-alive, upgrade", "Upgrade: websocket", "TE: trailers", "x-ms-a: b", "A_b: c", "X-Obs: é",
            "Mcp-Session-Id: 1", "Authorization: Bearer q", "X-Forwarded-For: 1", "Origin: https://o",
        ]
        let framings = ["", "Content-Length: 0\r\n", "Content-Length: 17\r\n", "Transfer-Encoding: chunked\r\n"]
        for _ in 0..<2_000 {
            let some = lines.shuffled(using: &generator).prefix(Int.random(in: 0...9, using: &generator))
            let request =
                "PUT /p?q HTTP/1.1\r\n" + some.map { $0 + "\r\n" }.joined() + (generator.pick(framings) ?? "")
                + "Host: a.example\r\n\r\n"
            let edits = RequestEdits(
                forwardsAuthorization: Bool.random(using: &generator), removedCookies: ["gate"],
                allowsUpgrade: Bool.random(using: &generator), dropsForwarding: Bool.random(using: &generator))
            let first = try scanned(request)
            var once: [UInt8] = []
            RequestHeadWriter.write(first.head, first.bytes.span, edits, into: &once)
            let second = try scanned(text(once))
            var twice: [UInt8] = []
            RequestHeadWriter.write(second.head, once.span, edits, into: &twice)

            #expect(second.head.framing == first.head.framing)
            #expect(text(second.bytes, second.head.targetRange) == "/p?q")
            #expect(second.head.requestsUpgrade == (first.head.requestsUpgrade && edits.allowsUpgrade))
            #expect(!second.head.fields.contains { [.identity, .ambiguousName, .te].contains($0.id) })
            // Content-Length moves behind the kept fields once; after that nothing moves.
            #expect(Set(text(twice).split(separator: "\r\n")) == Set(text(once).split(separator: "\r\n")))
        }
    }
}
