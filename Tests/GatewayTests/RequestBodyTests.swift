// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateProxy
import NIOCore
import Testing

@Suite("Request bodies over sockets", .timeLimit(.minutes(2)))
struct RequestBodyTests {
    /// A gate that reads bodies of up to ten octets before it lets them go on; `no` is refused.
    private static func inspecting() -> ScriptedGate {
        ScriptedGate(inspectingUpTo: 10) { body in
            body == "no" ? LocalResponse(status: 403, body: Array("bad".utf8)) : nil
        }
    }

    @Test("a body with a length goes on as it comes, before it is complete")
    func length() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead() == "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
            #expect(try await upstream.read(count: 5) == "hello")
            client.send("world")
            #expect(try await upstream.read(count: 5) == "world")
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            _ = try await client.read(through: "ok")

            client.send("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            #expect(try await upstream.readHead().hasPrefix("POST /2"))
            #expect(try await upstream.read(count: 1) == "x")
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await client.readHead()
        }
    }

    @Test("a chunked body goes on chunk by chunk, without extensions and trailers (D11, D12)")
    func chunked() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhel")
            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead() == "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(try await upstream.read(through: "hel") == "5\r\nhel")
            client.send("lo\r\n0\r\nX-MS-CLIENT-PRINCIPAL: root\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await upstream.read(through: "0\r\n\r\n") == "lo\r\n0\r\n\r\n")
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await client.readHead()
            #expect(try await upstream.readHead().hasPrefix("GET /2 "))
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await client.readHead()
        }
    }

    @Test(
        "an inspected body goes on whole, with its length",
        arguments: [
            ("Content-Length: 4", ["ye", "s!"], "Content-Length: 4\r\n\r\nyes!"),
            (
                "Transfer-Encoding: chunked", ["2\r\nye\r\n", "2;x\r\ns!\r\n0", "\r\n\r\n"],
                "Content-Length: 4\r\n\r\nyes!"
            ),
            ("Transfer-Encoding: chunked", ["0\r\n\r\n"], "Content-Length: 0\r\n\r\n"),
            ("Content-Length: 0", [], "Content-Length: 0\r\n\r\n"),
        ])
    func inspected(_ line: String, _ pieces: [String], _ expected: String) async throws {
        try await GatewayUnderTest.run(Self.inspecting()) { gateway in
            let client = try await gateway.connect()
            try await client.push(Array("POST / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n".utf8))
            for piece in pieces { try await client.push(Array(piece.utf8)) }
            let upstream = try await gateway.upstream.accept()
            let seen = try await upstream.read(through: expected)
            #expect(seen == "POST / HTTP/1.1\r\nHost: a\r\n" + expected)
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await client.readHead()
        }
    }

    @Test("a body that inspection refuses never reaches the upstream, and the connection goes on")
    func refusedByInspection() async throws {
        try await GatewayUnderTest.run(Self.inspecting()) { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nno")
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n")
            client.send("POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok")
            #expect(try await client.read(through: "bad").contains("HTTP/1.1 403 "))
            #expect(try await client.read(through: "bad").contains("HTTP/1.1 403 "))
            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead().hasPrefix("POST /3 "))
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            #expect(try await client.readHead().hasPrefix("HTTP/1.1 204 "))
        }
    }

    @Test(
        "a body that is too large to be inspected is 413 and ends the connection (RFC 9110 §15.5.14; D17)",
        arguments: [
            "Content-Length: 11\r\n\r\n", "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n",
        ])
    func tooLarge(_ rest: String) async throws {
        try await GatewayUnderTest.run(Self.inspecting()) { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\n\(rest)")
            let answer = try await client.readToEnd()

            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("Connection: close\r\n"))
            #expect(gateway.upstream.connectionCount == 0)
        }
    }

    @Test("a body whose chunks are broken is 400 and never completed upstream (D11)")
    func broken() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            #expect(try await upstream.read(through: "hello\r\n") == "5\r\nhello\r\n")
            client.send("0x1\r\n")
            #expect(try await client.readToEnd().hasPrefix("HTTP/1.1 400 "))
            #expect(try await !upstream.readToEnd().contains("0\r\n\r\n"))
        }
    }

    @Test("Expect: 100-continue is answered here and goes no further (RFC 9110 §10.1.1)", arguments: [true, false])
    func expectContinue(inspects: Bool) async throws {
        try await GatewayUnderTest.run(inspects ? Self.inspecting() : ScriptedGate()) { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.readHead() == "HTTP/1.1 100 Continue\r\n\r\n")
            client.send("hello")
            let upstream = try await gateway.upstream.accept()
            #expect(try await !upstream.readHead().lowercased().contains("expect"))
            #expect(try await upstream.read(count: 5) == "hello")
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            #expect(try await client.readHead() == "HTTP/1.1 204 No Content\r\n\r\n")
        }
    }

    @Test("an answer may come before the body is over: it goes on, then the connection ends (RFC 9112 §9.6)")
    func earlyAnswer() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            _ = try await upstream.read(count: 5)
            upstream.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")

            #expect(
                try await client.readToEnd()
                    == "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            try await upstream.expectEnd()
        }
    }

    @Test("a body may go on while its answer streams, without the answer's time running out")
    func bothWays() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.upstream = { $0.headTimeout = .milliseconds(50) }
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            #expect(try await upstream.read(count: 1) == "a")
            upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n")
            _ = try await client.read(through: "1\r\n1\r\n")
            client.send("b")
            #expect(try await upstream.read(count: 1) == "b")
            // Longer than the answer's head may take, and than the timer needs to see it.
            await Quiet.pass(.milliseconds(700))
            upstream.send("1\r\n2\r\n0\r\n\r\n")

            #expect(try await client.read(through: "0\r\n\r\n") == "1\r\n2\r\n0\r\n\r\n")
        }
    }

    @Test("a refused request with a body that is not here ends the connection, with one that is here it goes on (D17)")
    func unreadBody() async throws {
        let gate = ScriptedGate { _, exchange in .ready(.answer(LocalResponse(status: 401), exchange)) }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try await !client.readHead().contains("Connection: close"))
            client.send("POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
            #expect(try await !client.readHead().contains("Connection: close"))
            // What is in this body must not be taken for a request.
            client.send(
                "POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.readHead().contains("Connection: close\r\n"))
            try await client.expectEnd()
            #expect(gateway.gate.ledger.value.admitted == ["/1", "/2", "/3"])
        }
    }

    @Test("a malformed head is refused, and what stands behind it is never read", arguments: ["X y: z", "Host: b"])
    func malformedHead(_ line: String) async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.readToEnd()

            #expect(
                answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("Connection: close") && answer.hasSuffix("refused")
            )
            #expect(gateway.gate.ledger.value.admitted.isEmpty && gateway.gate.ledger.value.refusals.count == 1)
        }
    }

    @Test("a large body in both directions arrives whole")
    func large() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            let body = [UInt8](repeating: 0x61, count: 3_000_000)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            #expect(try await upstream.read(count: body.count).utf8.count == body.count)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            upstream.send(body)
            _ = try await client.readHead()
            #expect(try await client.read(count: body.count).utf8.count == body.count)
        }
    }
}
