// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateProxy
import NIOCore
import Testing

@Suite("Failures over sockets", .timeLimit(.minutes(2)))
struct FailureTests {
    /// Carries one exchange, so that the connection behind the gateway is one that was used before.
    private func warmUp(_ gateway: GatewayUnderTest, _ client: Peer) async throws -> Peer {
        client.send("GET /warm HTTP/1.1\r\nHost: a\r\n\r\n")
        let upstream = try await gateway.upstream.accept()
        _ = try await upstream.readHead()
        upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
        _ = try await client.readHead()
        return upstream
    }

    @Test(
        "an upstream that dies before its answer is 502, and the client's connection goes on", arguments: [true, false])
    func beforeAnswer(byReset: Bool) async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            if byReset { try await upstream.reset() } else { upstream.close() }

            #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 502 "))
            // A connection that was new is not tried again.
            #expect(gateway.upstream.connectionCount == 1)
            _ = try await warmUp(gateway, client)
        }
    }

    @Test("an upstream that dies within its answer's head is 502")
    func withinHead() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Le")
            upstream.endSending()

            #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 502 "))
        }
    }

    @Test(
        "an upstream that dies within its answer's body breaks the client's connection: the answer never looks whole",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense",
        ])
    func withinBody(_ octets: String) async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(octets)
            upstream.endSending()
            let answer = try await client.readToEnd()

            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && !answer.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test("an answer that ends with its connection is not whole when the connection is reset")
    func resetWithinBody() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 200 OK\r\n\r\nhello")
            _ = try await client.read(through: "hello\r\n")
            try await upstream.reset()

            try await client.expectEnd()
        }
    }

    @Test("an idempotent request on a connection that had gone stale is sent once more (RFC 9110 §9.2.2)")
    func retry() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            let stale = try await warmUp(gateway, client)
            client.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await stale.readHead().hasPrefix("GET /again "))
            stale.close()
            let fresh = try await gateway.upstream.accept()
            #expect(try await fresh.readHead() == "GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
            fresh.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")

            #expect(try await client.read(through: "\r\n\r\n1").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("it is not sent a third time")
    func retryOnce() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            let stale = try await warmUp(gateway, client)
            client.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await stale.readHead()
            stale.close()
            let fresh = try await gateway.upstream.accept()
            _ = try await fresh.readHead()
            fresh.close()

            #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 502 "))
            #expect(gateway.upstream.connectionCount == 2)
        }
    }

    @Test("a POST is never sent twice, and nothing is once an octet of an answer came", arguments: ["POST", "GET"])
    func noRetry(_ method: String) async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            let stale = try await warmUp(gateway, client)
            client.send("\(method) /once HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await stale.readHead()
            if method == "GET" { stale.send("HTTP/1.1 20") }
            stale.endSending()

            #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 502 "))
            #expect(gateway.upstream.connectionCount == 1)
        }
    }

    @Test("an upstream that is not there is 502, again and again, without using up connections")
    func unreachable() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.upstream = { $0.maximumConnections = 2 }
        } _: { gateway in
            try await gateway.upstream.stopListening()
            let client = try await gateway.connect()
            for _ in 0..<6 {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 502 "))
            }
            #expect(gateway.gate.ledger.value.failures == Array(repeating: .unreachable, count: 6))
        }
    }

    @Test("at the limit of connections a request waits its turn, and not for ever")
    func overloaded() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.upstream = {
                $0.maximumConnections = 1
                $0.connectTimeout = .seconds(1)
            }
        } _: { gateway in
            let first = try await gateway.connect()
            first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            let second = try await gateway.connect()
            second.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            try await gateway.gate.ledger.wait("the second") { $0.admitted.count == 2 }
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await first.readHead()
            #expect(try await upstream.readHead().hasPrefix("GET /2 "))
            let third = try await gateway.connect()
            third.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await third.read(through: "failed").hasPrefix("HTTP/1.1 503 "))
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await second.readHead()
            // The client that waited and left is passed over.
            second.send("GET /4 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await upstream.readHead().hasPrefix("GET /4 "))
            let fifth = try await gateway.connect()
            fifth.send("GET /5 HTTP/1.1\r\nHost: a\r\n\r\n")
            try await gateway.gate.ledger.wait("the fifth") { $0.admitted.count == 5 }
            fifth.close()
            try await gateway.gate.ledger.wait("its end") { $0.ends.contains { $0.path == "/5" } }
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await second.readHead()
            first.send("GET /6 HTTP/1.1\r\nHost: a\r\n\r\n")
            let next = try await gateway.upstream.accept()
            #expect(try await next.readHead().hasPrefix("GET /6 "))
            next.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await first.readHead()
        }
    }

    // MARK: verdicts that take their time

    @Test("a verdict may come later; what was pipelined meanwhile waits")
    func pendingVerdict() async throws {
        let isDecided = Watched(false)
        let gate = ScriptedGate { head, exchange in
            let plan = ScriptedGate.plan(head, exchange)
            guard exchange.path == "/1" else { return .ready(.forward(plan)) }
            return .pending {
                try? await isDecided.wait("the verdict") { $0 }
                return .forward(plan)
            }
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            try await gateway.gate.ledger.wait("the first") { $0.admitted.count == 1 }
            #expect(gateway.upstream.connectionCount == 0)
            isDecided.update { $0 = true }
            let upstream = try await gateway.upstream.accept()
            for path in ["/1", "/2"] {
                #expect(try await upstream.readHead().hasPrefix("GET \(path) "))
                upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
                _ = try await client.readHead()
            }
        }
    }

    @Test("a pending verdict may be a refusal, with or without the request's body", arguments: ["", "hello"])
    func pendingRefusal(_ body: String) async throws {
        let gate = ScriptedGate { _, exchange in
            .pending { .answer(LocalResponse(status: 401), exchange) }
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n\(body)")
            let head = try await client.readHead()
            #expect(head.hasPrefix("HTTP/1.1 401 "))
            if body.isEmpty {
                #expect(head.contains("Connection: close"))
                try await client.expectEnd()
            }
        }
    }

    @Test("a client that leaves while the verdict is pending: nothing is forwarded, the exchange ends once")
    func leavesWhilePending() async throws {
        let isDecided = Watched(false)
        let gate = ScriptedGate { head, exchange in
            let plan = ScriptedGate.plan(head, exchange)
            return .pending {
                try? await isDecided.wait("the verdict") { $0 }
                return .forward(plan)
            }
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await gateway.gate.ledger.wait("the request") { $0.admitted.count == 1 }
            try await client.channel.close()
            // A request on another connection shows that the loop has seen the first one's end.
            isDecided.update { $0 = true }
            try await gateway.gate.ledger.wait("the end") { $0.isSettled }
            #expect(gateway.gate.ledger.value.ends.map(\.status) == [499])
        }
    }
}
