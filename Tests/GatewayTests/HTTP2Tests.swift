// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateProxy
import NIOCore
import NIOHPACK
import NIOHTTP2
import Testing

@Suite("HTTP/2 over sockets", .timeLimit(.minutes(2)))
struct HTTP2Tests {
    @Test("streams with prior knowledge enter the same gate and are answered, several at a time (RFC 9113 §3.3; D18)")
    func request() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let first = try await client.get("/1", [("x-a", "b"), ("cookie", "a=1"), ("cookie", "b=2")])
            let one = try await gateway.upstream.accept()
            #expect(
                try await one.readHead() == "GET /1 HTTP/1.1\r\nhost: a\r\nx-a: b\r\ncookie: a=1; b=2\r\n\r\n")
            let second = try await client.get("/2")
            let two = try await gateway.upstream.accept()
            #expect(try await two.readHead().hasPrefix("GET /2 "))

            two.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Up: Case\r\n\r\ntwo")
            let answer = try await second.answer()
            #expect(
                answer.status == "200" && answer.text == "two" && answer.heads[0]["x-up"] == "Case" && !answer.isBroken)
            one.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            let empty = try await first.answer()
            #expect(empty.status == "204" && empty.heads[0]["connection"] == nil && !empty.isBroken)
            try await client.close()
        }
    }

    @Test("a body streams both ways; chunked framing and trailers are translated (RFC 9113 §8.1)")
    func streaming() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let stream = try await client.request(
                [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a")], endStream: false)
            stream.send("hello")
            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead().hasSuffix("\r\nTransfer-Encoding: chunked\r\n\r\n"))
            #expect(try await upstream.read(through: "hello\r\n") == "5\r\nhello\r\n")
            upstream.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            try await stream.received.wait("the first octet") { $0.text == "x" }
            stream.send("bye", endStream: true)
            #expect(try await upstream.read(through: "0\r\n\r\n") == "3\r\nbye\r\n0\r\n\r\n")
            upstream.send("1\r\ny\r\n0\r\nX-Sum: 7\r\n\r\n")

            let answer = try await stream.answer()
            #expect(answer.heads.first?[":status"] == "103" && answer.status == "200" && answer.text == "xy")
            #expect(answer.heads.last?["x-sum"] == "7" && answer.isEnded && !answer.isBroken)
            try await client.close()
        }
    }

    @Test("a HEAD answer, a refusal and a failure end their streams and no other")
    func localAnswers() async throws {
        let gate = ScriptedGate { head, exchange in
            exchange.path == "/no"
                ? .ready(.answer(LocalResponse(status: 401, body: Array("no".utf8)), exchange))
                : .ready(.forward(ScriptedGate.plan(head, exchange)))
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let refused = try await client.request(
                [(":method", "POST"), (":scheme", "http"), (":path", "/no"), (":authority", "a")], endStream: false)
            let refusal = try await refused.answer()
            #expect(refusal.status == "401" && refusal.text == "no", "\(refusal)")

            let head = try await client.request(
                [(":method", "HEAD"), (":scheme", "http"), (":path", "/"), (":authority", "a")])
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            let answer = try await head.answer()
            #expect(answer.heads[0]["content-length"] == "10" && answer.body.isEmpty && answer.isEnded)

            let failing = try await client.get("/2")
            _ = try await upstream.readHead()
            upstream.send("nonsense\r\n\r\n")
            #expect(try await failing.answer().status == "502")
            try await client.close()
        }
    }

    @Test("a stream that its client resets ends its exchange and the upstream's connection, and no other")
    func reset() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let stream = try await client.get("/1")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(StreamingTests.eventStream + "1\r\nx\r\n")
            try await stream.received.wait("the first octet") { $0.text == "x" }
            stream.reset()
            try await upstream.expectEnd()

            let next = try await client.get("/2")
            let second = try await gateway.upstream.accept()
            _ = try await second.readHead()
            second.send("HTTP/1.1 204 No Content\r\n\r\n")
            #expect(try await next.answer().status == "204")
            try await client.close()
        }
    }

    @Test("an upstream that dies within its answer resets the stream: the answer never looks whole (RFC 9113 §8.1)")
    func truncated() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let stream = try await client.get("/1")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            try await stream.received.wait("the first octet") { $0.text == "x" }
            upstream.close()

            let answer = try await stream.answer()
            #expect(answer.isBroken && !answer.isEnded)
            try await client.close()
        }
    }

    struct Malformed: Sendable, CustomTestStringConvertible {
        let fields: [(String, String)]
        init(_ fields: [(String, String)]) { self.fields = fields }
        var testDescription: String { fields.map { "\($0)=\($1.debugDescription)" }.joined(separator: " ") }

        static func with(_ more: [(String, String)]) -> Malformed {
            Malformed([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")] + more)
        }
    }

    @Test(
        "a malformed field section resets the stream or ends the connection, and nothing goes on (RFC 9113 §8.1.1, §8.2, §8.3)",
        arguments: [
            Malformed([(":method", "GET"), (":scheme", "http"), (":authority", "a")]),
            Malformed([(":scheme", "http"), (":path", "/"), (":authority", "a")]),
            Malformed([(":method", "GET"), (":path", "/"), (":authority", "a")]),
            Malformed([(":method", "GET"), (":scheme", "http"), (":path", "/")]),
            Malformed([(":method", "GET"), (":scheme", "ftp"), (":path", "/"), (":authority", "a")]),
            Malformed([(":method", "GET"), (":scheme", "http"), (":path", ""), (":authority", "a")]),
            Malformed([(":method", "GET"), (":scheme", "http"), (":path", "*"), (":authority", "a")]),
            Malformed([(":method", "GET"), (":scheme", "http"), (":path", "/ HTTP/1.1\r\nX: y"), (":authority", "a")]),
            Malformed([
                (":method", "GET / HTTP/1.1\r\nX: y\r\n\r\n"), (":scheme", "http"), (":path", "/"), (":authority", "a"),
            ]),
            Malformed([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a\r\nX: y")]),
            Malformed([("x-a", "b"), (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]),
            .with([(":path", "/2")]), .with([(":status", "200")]), .with([(":other", "x")]), .with([("X-A", "b")]),
            .with([("connection", "x")]), .with([("transfer-encoding", "chunked")]), .with([("upgrade", "h2c")]),
            .with([("keep-alive", "1")]), .with([("proxy-connection", "x")]), .with([("te", "gzip")]),
            .with([("host", "b")]), .with([("x a", "b")]), .with([("x:a", "b")]), .with([("", "b")]),
            .with([("x-a", "b\r\nx-ms-client-principal: root")]), .with([("x-a", "b\u{0}")]), .with([("x-a", " b")]),
            .with([("content-length", "5")]), .with([("content-length", "-1")]),
            .with([("content-length", "1"), ("content-length", "1")]),
        ])
    func malformed(_ request: Malformed) async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let stream = try await client.request(request.fields)
            let answer = try await stream.answer()

            #expect(answer.isBroken && answer.heads.isEmpty)
            #expect(gateway.gate.ledger.value.admitted.isEmpty && gateway.upstream.connectionCount == 0)
            try? await client.close()
        }
    }

    @Test(
        "what only the shared rules refuse is refused by them: identity names are dropped, a repeated token is 400 (D8, D13)"
    )
    func sharedRules() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let twice = try await client.get("/", [("authorization", "Bearer a"), ("authorization", "Bearer b")])
            #expect(try await twice.answer().status == "400")
            let stream = try await client.get(
                "/", [("x-ms-client-principal", "root"), ("x_ms_y", "root"), ("te", "trailers")])
            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead() == "GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            #expect(try await stream.answer().status == "204")
            try await client.close()
        }
    }

    @Test("a large answer arrives whole, window by window (RFC 9113 §5.2)")
    func largeAnswer() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let stream = try await client.get("/")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            let count = 3_000_000
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
            upstream.send([UInt8](repeating: 0x78, count: count))
            let answer = try await stream.answer()
            #expect(answer.body.count == count && answer.isEnded && !answer.isBroken)
            try await client.close()
        }
    }

    @Test("an idle connection is ended; draining answers what is under way and then says goodbye (RFC 9113 §6.8)")
    func ends() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.timeouts.idle = .seconds(1)
            $0.drain = .seconds(20)
        } _: { gateway in
            let idle = try await HTTP2Client.connect(port: gateway.port)
            try await idle.isEnded.wait("the end of an idle connection") { $0 }

            let client = try await HTTP2Client.connect(port: gateway.port)
            let stream = try await client.get("/")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            await gateway.beginDraining()
            await Quiet.pass(.milliseconds(700))
            #expect(!client.isEnded.value)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            let answer = try await stream.answer()
            #expect(answer.text == "ok" && answer.isEnded)
            try await client.isEnded.wait("the end of the connection") { $0 }
        }
    }
}
