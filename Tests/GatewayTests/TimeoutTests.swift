// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateProxy
import NIOCore
import Testing

/// Defence D21: every wait ends. The loop's timer looks four times a second.
@Suite("Time-outs and limits over sockets", .timeLimit(.minutes(2)))
struct TimeoutTests {
    private static func short(_ options: inout GatewayUnderTest.Options) {
        options.timeouts.head = .milliseconds(700)
        options.timeouts.idle = .milliseconds(700)
        options.timeouts.body = .milliseconds(700)
        options.timeouts.linger = .milliseconds(200)
        options.upstream = { $0.headTimeout = .seconds(2) }
    }

    @Test("a head that does not end in time is 408, even one that drips", arguments: [false, true])
    func head(drips: Bool) async throws {
        try await GatewayUnderTest.run(ScriptedGate(), Self.short) { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n")
            if drips {
                while !client.received.value.isEnded, client.received.value.octets.isEmpty {
                    client.send("X: y\r\n")
                    await Quiet.pass(.milliseconds(50))
                }
            }
            #expect(try await client.readToEnd().hasPrefix("HTTP/1.1 408 "))
            #expect(gateway.gate.ledger.value.refusals == [.timedOut])
        }
    }

    @Test("connections that say nothing end without a word, new ones and used ones", arguments: [false, true])
    func idle(wasUsed: Bool) async throws {
        let gate = ScriptedGate { _, exchange in .ready(.answer(LocalResponse(status: 204), exchange)) }
        try await GatewayUnderTest.run(gate, Self.short) { gateway in
            let client = try await gateway.connect()
            if wasUsed {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.readHead()
            }
            try await client.expectEnd()
        }
    }

    @Test("a body that stops is 408 and ends both connections", arguments: [true, false])
    func body(inspects: Bool) async throws {
        let gate = ScriptedGate { head, exchange in
            .ready(.forward(ScriptedGate.plan(head, exchange, inspectsBodyUpTo: inspects ? 100 : nil)))
        }
        try await GatewayUnderTest.run(gate, Self.short) { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 408 ") && answer.contains("Connection: close"))
            if !inspects {
                let upstream = try await gateway.upstream.accept()
                _ = try await upstream.readHead()
                #expect(try await upstream.readToEnd() == "hello")
            }
        }
    }

    @Test("an answer's head that does not come is 504, and the client's connection goes on")
    func upstreamHead() async throws {
        try await GatewayUnderTest.run(ScriptedGate(), Self.short) { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 504 "))
            try await upstream.expectEnd()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let second = try await gateway.upstream.accept()
            _ = try await second.readHead()
            second.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await client.readHead()
        }
    }

    @Test("a stream is open for as long as it likes")
    func stream() async throws {
        try await GatewayUnderTest.run(ScriptedGate(), Self.short) { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(StreamingTests.eventStream)
            _ = try await client.readHead()
            await Quiet.pass(.milliseconds(2_800))
            upstream.send("1\r\nx\r\n")
            #expect(try await client.read(through: "x") == "1\r\nx")
        }
    }

    @Test("a client that takes nothing of its answer loses its connection")
    func writeStall() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.timeouts.writeStall = .milliseconds(300)
        } _: { gateway in
            let client = try await gateway.connect(receiveBuffer: 8_192)
            try await client.setReading(false)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 64000000\r\n\r\n")
            upstream.send([UInt8](repeating: 0x78, count: 64_000_000))

            try await gateway.gate.ledger.wait("the end") { $0.isSettled }
            _ = try await upstream.readToEnd()
        }
    }

    @Test("a connection that is answered and not closed by its peer is closed")
    func linger() async throws {
        try await GatewayUnderTest.run(ScriptedGate(), Self.short) { gateway in
            let client = try await gateway.connect()
            client.send("broken\r\n\r\n")
            _ = try await client.readToEnd()
            // Our side stays open; the gateway's goes all the same: a write into it fails before long.
            try await gateway.metricsShowNoConnections()
        }
    }

    @Test("connections above the limit are closed at once, others are served")
    func connectionLimit() async throws {
        let gate = ScriptedGate { _, exchange in .ready(.answer(LocalResponse(status: 204), exchange)) }
        try await GatewayUnderTest.run(gate) {
            $0.limits.connectionsPerAddress = 2
        } _: { gateway in
            var peers: [Peer] = []
            for _ in 0..<2 {
                let peer = try await gateway.connect()
                peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await peer.readHead()
                peers.append(peer)
            }
            let third = try await gateway.connect()
            try await third.expectEnd()
            try await peers[0].channel.close()
            try await gateway.metricsShow(connections: 1)
            let fourth = try await gateway.connect()
            fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await fourth.readHead()
        }
    }

    @Test("a head that is too large is refused before it ends")
    func largeHead() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 40_000))

            #expect(try await client.readToEnd().hasPrefix("HTTP/1.1 431 "))
        }
    }
}
