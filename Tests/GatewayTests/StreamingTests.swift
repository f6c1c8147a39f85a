// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateProxy
import GateTestKit
import GateTime
import NIOCore
import Testing

@Suite("Streams over sockets", .timeLimit(.minutes(2)))
struct StreamingTests {
    static let eventStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test("an event arrives while the stream is open")
    func events() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(Self.eventStream)
            #expect(try await client.readHead() == Self.eventStream)
            for number in 1...3 {
                upstream.send("9\r\ndata: \(number)\n\n\r\n")
                #expect(try await client.read(through: "\n\n\r\n") == "9\r\ndata: \(number)\n\n\r\n")
            }
            upstream.send("0\r\n\r\n")
            #expect(try await client.read(through: "0\r\n\r\n") == "0\r\n\r\n")
            client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await upstream.readHead().hasPrefix("GET /2"))
        }
    }

    @Test("a client that leaves ends the upstream's connection at once", arguments: [true, false])
    func clientLeaves(byReset: Bool) async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(Self.eventStream + "3\r\nabc\r\n")
            _ = try await client.read(through: "abc\r\n")
            if byReset { try await client.reset() } else { client.close() }

            try await upstream.expectEnd()
            try await gateway.gate.ledger.wait("the end") { $0.isSettled }
            #expect(gateway.gate.ledger.value.ends.map(\.status) == [200])
        }
    }

    @Test("a client that leaves before the answer ends the upstream's connection too")
    func clientLeavesEarly() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            client.close()

            try await upstream.expectEnd()
            try await gateway.gate.ledger.wait("the end") { $0.isSettled }
            #expect(gateway.gate.ledger.value.ends.map(\.status) == [499])
        }
    }

    @Test("a client that does not read stops the upstream; little is held; then everything arrives")
    func backPressure() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect(receiveBuffer: 16_384)
            try await client.setReading(false)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            let piece = [UInt8](repeating: 0x78, count: 64 * 1_024)
            let pieces = 512
            let taken = Watched(0)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: \(piece.count * pieces)\r\n\r\n")
            for _ in 0..<pieces {
                upstream.channel.writeAndFlush(ByteBuffer(bytes: piece)).whenSuccess { taken.update { $0 += 1 } }
            }

            // It stops on its own, well before the end: what is under way fits the sockets' buffers.
            var before = -1
            while taken.value != before {
                before = taken.value
                await Quiet.pass(.milliseconds(400))
            }
            #expect(taken.value < pieces * 3 / 4)

            try await client.setReading(true)
            client.channel.read()
            _ = try await client.readHead()
            #expect(try await client.read(count: piece.count * pieces).utf8.count == piece.count * pieces)
        }
    }

    @Test("an upstream that does not read stops the client, and the whole body arrives in the end")
    func requestBackPressure() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.upstreamReceiveBuffer = 16_384
        } _: { gateway in
            let client = try await gateway.connect()
            let piece = [UInt8](repeating: 0x78, count: 64 * 1_024)
            let pieces = 512
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(piece.count * pieces)\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            try await upstream.setReading(false)
            let taken = Watched(0)
            for _ in 0..<pieces {
                client.channel.writeAndFlush(ByteBuffer(bytes: piece)).whenSuccess { taken.update { $0 += 1 } }
            }
            var before = -1
            while taken.value != before {
                before = taken.value
                await Quiet.pass(.milliseconds(400))
            }
            #expect(taken.value < pieces * 3 / 4)

            try await upstream.setReading(true)
            upstream.channel.read()
            #expect(try await upstream.read(count: piece.count * pieces).utf8.count == piece.count * pieces)
            upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try await client.readHead()
        }
    }

    @Test("a slow reader gets the whole of an answer that ends the connection, however long it takes")
    func slowLastAnswer() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.timeouts.linger = .milliseconds(100)
        } _: { gateway in
            let client = try await gateway.connect(receiveBuffer: 8_192)
            try await client.setReading(false)
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            let body = [UInt8](repeating: 0x78, count: 8_000_000)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            upstream.send(body)
            // Slowly at first, so that what the gateway holds at the end waits longer than it lingers.
            for _ in 0..<3 {
                await Quiet.pass(.milliseconds(300))
                client.channel.read()
            }
            await Quiet.pass(.milliseconds(700))
            try await client.setReading(true)
            client.channel.read()
            _ = try await client.readHead()
            #expect(try await client.readToEnd().utf8.count == body.count)
        }
    }

    @Test("a switch of protocols that was asked for becomes a tunnel, in both directions, to its end (RFC 9110 §7.8)")
    func tunnel() async throws {
        let gate = ScriptedGate { head, exchange in
            .ready(.forward(ScriptedGate.plan(head, exchange, edits: RequestEdits(allowsUpgrade: true))))
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
            let upstream = try await gateway.upstream.accept()
            #expect(
                try await upstream.readHead()
                    == "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi")
            #expect(
                try await client.readHead()
                    == "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            #expect(try await client.read(count: 2) == "hi")
            #expect(try await upstream.read(count: 5) == "early")
            client.send("GET /x HTTP/1.1\r\n\r\n")
            #expect(try await upstream.read(count: 19).hasPrefix("GET /x"))
            upstream.send("bye")
            upstream.close()
            #expect(try await client.readToEnd() == "bye")
            try await gateway.gate.ledger.wait("the end") { $0.isSettled }
            #expect(gateway.gate.ledger.value.ends.map(\.status) == [101])
        }
    }

    @Test("a tunnel whose client leaves ends upstream")
    func tunnelClientLeaves() async throws {
        let gate = ScriptedGate { head, exchange in
            .ready(.forward(ScriptedGate.plan(head, exchange, edits: RequestEdits(allowsUpgrade: true))))
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            _ = try await client.readHead()
            client.close()
            try await upstream.expectEnd()
        }
    }

    @Test("a stream ends a minute after the credential it was admitted with (RS-24)", arguments: [false, true])
    func credentialEnds(isTunnel: Bool) async throws {
        let gate = ScriptedGate { head, exchange in
            let end = Instant(seconds: 1_795_392_000 + 10)
            return .ready(
                .forward(ScriptedGate.plan(head, exchange, edits: RequestEdits(allowsUpgrade: true), endsAt: end)))
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(
                isTunnel
                    ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nx"
                    : Self.eventStream + "1\r\nx\r\n")
            _ = try await client.readHead()
            _ = try await client.read(through: "x")
            gateway.clock.advance(by: .seconds(60))
            await Quiet.pass(.milliseconds(600))
            #expect(!client.received.value.isEnded)
            gateway.clock.advance(by: .seconds(11))

            #expect(try await client.readToEnd() == (isTunnel ? "" : "\r\n0\r\n\r\n"))
            try await upstream.expectEnd()
        }
    }
}
