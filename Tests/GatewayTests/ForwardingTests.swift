// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import Testing

@Suite("Requests and answers over sockets", .timeLimit(.minutes(2)))
struct ForwardingTests {
    @Test("a connection carries request after request, and so does the one behind it (RFC 9112 §9.3)")
    func keepAlive() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead() == "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")
            #expect(try await client.read(through: "one") == "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")

            client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await upstream.readHead().hasPrefix("GET /2 "))
            upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n")
            #expect(try await client.read(through: "0\r\n\r\n").hasSuffix("\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"))

            #expect(gateway.upstream.connectionCount == 1)
            #expect(gateway.gate.ledger.value.ends.map(\.status) == [200, 200])
            #expect(gateway.gate.ledger.value.ends.map(\.answerBytes).first == 3)
        }
    }

    @Test("pipelined requests are answered in their order, one at a time (RFC 9112 §9.3.2)")
    func pipelining() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send((1...5).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            let upstream = try await gateway.upstream.accept()
            for number in 1...5 {
                #expect(try await upstream.readHead().hasPrefix("GET /\(number) "))
                #expect(upstream.received.value.octets.isEmpty)
                upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)")
            }

            for number in 1...5 {
                #expect(try await client.readHead().hasPrefix("HTTP/1.1 200"))
                #expect(try await client.read(count: 1) == "\(number)")
            }
            #expect(gateway.upstream.connectionCount == 1)
        }
    }

    @Test("one empty line before a request is skipped, however it arrives, a second is not (RFC 9112 §2.2)")
    func emptyLine() async throws {
        let gate = ScriptedGate { _, exchange in .ready(.answer(LocalResponse(status: 204), exchange)) }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            try await client.push(Array("\r".utf8))
            try await client.push(
                Array("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            #expect(try await client.readHead().hasPrefix("HTTP/1.1 204 "))
            #expect(try await client.readHead().hasPrefix("HTTP/1.1 204 "))
            client.send("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.readToEnd().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("many pipelined requests that the gate answers itself are answered, however many")
    func localPipelining() async throws {
        let gate = ScriptedGate { _, exchange in
            .ready(.answer(LocalResponse(status: 204), exchange))
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 5_000))
            client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

            let answers = try await client.readToEnd()
            #expect(answers.split(separator: "HTTP/1.1 204").count == 5_001)
        }
    }

    @Test("many pipelined requests that cannot be forwarded are answered, however many")
    func failingPipelining() async throws {
        let gate = ScriptedGate { head, exchange in
            .ready(.forward(ScriptedGate.plan(head, exchange, to: .upstream(7))))
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 5_000))
            client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

            let answers = try await client.readToEnd()
            #expect(answers.split(separator: "HTTP/1.1 502").count == 5_001)
        }
    }

    @Test("HEAD, 204 and 304 have no body whatever their fields say, and the connection goes on (RFC 9112 §6.3)")
    func bodiless() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            #expect(try await client.readHead() == "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            #expect(try await client.readHead() == "HTTP/1.1 204 No Content\r\n\r\n")
            client.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\nETag: x\r\n\r\n")
            #expect(try await client.readHead() == "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\nETag: x\r\n\r\n")
            #expect(gateway.upstream.connectionCount == 1)
            #expect(client.received.value.octets.isEmpty)
        }
    }

    @Test("an HTTP/1.0 client gets a chunked answer without the coding, to the end of the connection (RFC 9112 §6.1)")
    func http10() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\nX-T: y\r\n\r\n")

            #expect(try await client.readToEnd() == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonetwo")
        }
    }

    @Test("an answer that ends with the upstream's connection goes on in chunks, so that its end can be told")
    func untilClose() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.0 200 OK\r\n\r\nhello")
            upstream.endSending()
            let answer = try await client.read(through: "0\r\n\r\n")

            #expect(answer == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let second = try await gateway.upstream.accept()
            _ = try await second.readHead()
            second.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await client.readHead()
        }
    }

    @Test("trailers of an answer go on (RFC 9110 §6.5)")
    func trailers() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            #expect(try await !upstream.readHead().contains("TE:"))
            upstream.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 4\r\n\r\n"
            )

            #expect(
                try await client.read(through: "\r\n0\r\nX-Sum: 1\r\n\r\n").hasSuffix(
                    "2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"))
        }
    }

    @Test("103 goes on, 100 does not (RFC 8297; RFC 9110 §15.2)")
    func interim() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n\r\n")
            #expect(try await client.readHead() == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            #expect(try await client.readHead() == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
    }

    @Test(
        "an answer that is not sound HTTP, or that nobody asked for, is 502 (D20)",
        arguments: [
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "SSH-2.0-x\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
            String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 17),
        ])
    func unsound(_ octets: String) async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(octets)

            #expect(try await client.read(through: "failed").contains("HTTP/1.1 502 "))
            try await upstream.expectEnd()
            // The client's connection is as good as before.
            client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let second = try await gateway.upstream.accept()
            _ = try await second.readHead()
            second.send("HTTP/1.1 204 No Content\r\n\r\n")
            #expect(try await client.readHead().hasPrefix("HTTP/1.1 204 "))
        }
    }

    @Test("octets behind an answer never become the next one's (D20)")
    func surplus() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try await gateway.upstream.accept()
            _ = try await first.readHead()
            first.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray")
            #expect(try await client.read(through: "\r\n\r\n1").hasPrefix("HTTP/1.1 200 OK"))
            client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let second = try await gateway.upstream.accept()
            _ = try await second.readHead()
            second.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")
            #expect(try await client.read(through: "\r\n\r\n2").hasSuffix("2"))
            try await first.expectEnd()

            // Octets that come later, while the connection is idle, end it too.
            second.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray")
            try await second.expectEnd()
            client.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            let third = try await gateway.upstream.accept()
            _ = try await third.readHead()
            third.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3")
            #expect(try await client.read(through: "\r\n\r\n3").hasSuffix("3"))
        }
    }
}
