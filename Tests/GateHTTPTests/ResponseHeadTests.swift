// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import Testing

/// Defence D20: answers are read as strictly as requests.
@Suite("Answer heads")
struct ResponseHeadTests {
    @Test(
        "answers that can be read in two ways are refused",
        arguments: [
            "HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\r\nA: b\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\u{0}\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/2 200 OK\r\nA: b\r\n\r\n",
            "HTTP/1.2 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
            "HTTP/1.1 200 O\u{0}K\r\n\r\n", "HTTP/1.1 200 OK\rA: b\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "<html>",
            "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n",
            "HTTP/1.1 200 OK\r\nMcp-Session-Id: a\r\nmcp-session-id: a\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: b\r\n\r\n", "SSH-2.0-OpenSSH_9.9\r\n",
        ])
    func refused(_ octets: String) {
        guard case .refused = answerVerdict(octets) else {
            Issue.record("\(answerVerdict(octets))")
            return
        }
    }

    @Test("heads that are too large are refused")
    func limits() {
        let start = "HTTP/1.1 200 OK\r\n"
        #expect(answerVerdict(start + "X: " + String(repeating: "y", count: 17_000)) == .refused(.lineTooLong))
        #expect(
            answerVerdict(start + String(repeating: "X: y\r\n", count: 201) + "\r\n") == .refused(.tooManyFields))
        let line = "X: " + String(repeating: "y", count: 1_000) + "\r\n"
        #expect(answerVerdict(start + String(repeating: line, count: 70)) == .refused(.headTooLarge))
    }

    @Test(
        "how an answer's body ends (RFC 9112 §6.3)",
        arguments: [
            ("200 OK", "Content-Length: 5\r\n", HTTPMethod.get, BodyFraming.length(5), true),
            ("200 OK", "Content-Length: 0\r\n", .get, .none, true),
            ("200 OK", "Transfer-Encoding: chunked\r\n", .get, .chunked, true),
            ("200 OK", "", .get, .untilClose, false),
            ("200 OK", "Content-Length: 5\r\n", .head, .none, true),
            ("200 OK", "Transfer-Encoding: chunked\r\n", .head, .none, true), ("204 No Content", "", .get, .none, true),
            ("204 No Content", "Content-Length: 0\r\n", .get, .none, true),
            // What these announce nobody may send; what follows belongs to nobody knows which answer.
            ("204 No Content", "Content-Length: 5\r\n", .get, .none, false),
            ("204 No Content", "Transfer-Encoding: chunked\r\n", .get, .none, false),
            ("103 Early Hints", "Content-Length: 5\r\n", .get, .none, false),
            ("304 Not Modified", "Content-Length: 5\r\n", .get, .none, true),
            ("103 Early Hints", "", .get, .none, true),
            ("200 OK", "Connection: close\r\nContent-Length: 5\r\n", .get, .length(5), false),
            ("200", "Content-Length: 5\r\n", .get, .length(5), true),
        ])
    func framing(_ status: String, _ lines: String, _ method: HTTPMethod, _ framing: BodyFraming, _ keepsAlive: Bool)
        throws
    {
        let (head, _) = try scannedAnswer("HTTP/1.1 \(status)\r\n\(lines)\r\n", to: method)

        #expect(head.framing == framing && head.keepsAlive == keepsAlive)
    }

    @Test("an answer in pieces reads as the whole does")
    func pieces() throws {
        let octets =
            "HTTP/1.1 200 Fine\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
        let whole = try scannedAnswer(octets)
        var scanner = ResponseHeadScanner()
        var head = ResponseHead()
        for end in 1...whole.bytes.count {
            let result = scanner.scan(whole.bytes.span.extracting(0..<end), answering: .get, into: &head)
            #expect(result == (end == whole.bytes.count ? .complete : .incomplete))
        }

        #expect(head.fields == whole.head.fields && head.isEventStream && head.status == 200)
    }

    private func written(
        _ octets: String, _ edits: ResponseEdits = ResponseEdits(), framing: BodyFraming = .none,
        keepsAlive: Bool = true,
        version: RequestHead.Version = .http11
    ) throws -> String {
        let (head, bytes) = try scannedAnswer(octets)
        var out: [UInt8] = []
        ResponseHeadWriter.write(
            head, bytes.span, edits, framing: framing, keepsAlive: keepsAlive, clientVersion: version, into: &out)
        return text(out)
    }

    @Test("fields of the connection do not go on, nor those it lists; reason and others do (RFC 9110 §7.6.1)")
    func hopByHop() throws {
        let answer = try written(
            "HTTP/1.1 404 Gone Fishing\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\n"
                + "Upgrade: h2c\r\nProxy-Authenticate: Basic\r\nTrailer: x\r\nX-Stay: 2\r\nContent-Length: 3\r\n\r\n",
            framing: .length(3))

        #expect(answer == "HTTP/1.1 404 Gone Fishing\r\nX-Stay: 2\r\nContent-Length: 3\r\n\r\n")
    }

    @Test("framing and persistence are stated for this client")
    func connection() throws {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

        #expect(
            try written(chunked, framing: .chunked) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(
            try written(chunked, framing: .untilClose, version: .http10)
                == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        #expect(
            try written("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", framing: .length(1), version: .http10)
                == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n")
        #expect(
            try written("HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n") == "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(
            try written("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX: y\r\n\r\n")
                == "HTTP/1.1 101 Switching\r\nX: y\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    }

    @Test("a length goes on in one spelling, also where no body follows it")
    func lengths() throws {
        #expect(
            try written("HTTP/1.1 200 OK\r\ncontent-length:\t007 \r\nA: b\r\n\r\n", framing: .length(7))
                == "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nA: b\r\n\r\n")
        #expect(
            try written("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n")
                == "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n")
        #expect(
            try written("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 0\r\n\r\n")
                == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    }

    @Test("an event stream is exactly that media type, whatever its parameters")
    func eventStreams() throws {
        func isEventStream(_ type: String) throws -> Bool {
            try scannedAnswer("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\n").head.isEventStream
        }
        #expect(try isEventStream("Text/Event-Stream") && isEventStream("text/event-stream ; charset=utf-8"))
        #expect(try !isEventStream("text/event-streams") && !isEventStream("text/event-strea") && !isEventStream(""))
    }

    @Test(
        "D20: a cookie that becomes the gate's when a browser sends it back is not set",
        arguments: [
            ("gate=x", false), ("=gate=x", false), (" = gate=x; Path=/", false), ("gate", false),
            ("gate; Path=/", false),
            ("gate =x", false), ("a=gate=x", true), ("Gate=x", true), ("gatex=1", true),
        ])
    func cookies(_ value: String, _ isKept: Bool) throws {
        let answer = try written(
            "HTTP/1.1 200 OK\r\nSet-Cookie: \(value)\r\nContent-Length: 0\r\n\r\n",
            ResponseEdits(removedCookies: ["gate"]))

        #expect(answer.contains("Set-Cookie") == isKept)
    }

    @Test("the upstream's request id does not stand beside the gate's")
    func requestID() throws {
        let edits = ResponseEdits(appendedLines: Array("X-Request-Id: ours\r\n".utf8))
        let answer = try written("HTTP/1.1 200 OK\r\nx-request-id: theirs\r\nContent-Length: 0\r\n\r\n", edits)

        #expect(answer == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Request-Id: ours\r\n\r\n")
    }

    @Test("CORS fields, challenges and our cookies are taken out when the edits say so (D20)")
    func edits() throws {
        let edits = ResponseEdits(
            appendedLines: Array("X-Request-Id: 1\r\n".utf8), dropsAccessControl: true, dropsChallenges: true,
            removedCookies: ["gate"])
        let answer = try written(
            "HTTP/1.1 401 No\r\nAccess-Control-Allow-Origin: *\r\nWWW-Authenticate: Basic\r\nSet-Cookie: gate=1; Path=/\r\n"
                + "Set-Cookie: other=2\r\nset-cookie: gate1=x\r\nContent-Length: 0\r\n\r\n", edits)

        #expect(answer == "HTTP/1.1 401 No\r\nSet-Cookie: other=2\r\nContent-Length: 0\r\nX-Request-Id: 1\r\n\r\n")
    }
}
