// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateProxy
import GateTestKit
import GateTime
import NIOCore
import NIOHTTP2
import Testing

/// What was taken in goes out, though the connection that it goes to is ended in the same turn.
@Suite("Last octets over sockets", .serialized, .timeLimit(.minutes(2)))
struct LastOctetsTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    private static let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    private static let switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    private static func tunnelling(endsAt: Instant? = nil) -> ScriptedGate {
        ScriptedGate { head, exchange in
            .ready(
                .forward(ScriptedGate.plan(head, exchange, edits: RequestEdits(allowsUpgrade: true), endsAt: endsAt)))
        }
    }

    @Test("a tunnel's last frame arrives, though its client leaves with it")
    func lastFrame() async throws {
        try await GatewayUnderTest.run(Self.tunnelling()) { gateway in
            for _ in 0..<20 {
                let client = try await gateway.connect()
                client.send(Self.upgrade)
                let upstream = try await gateway.upstream.accept()
                _ = try await upstream.readHead()
                upstream.send(Self.switching)
                _ = try await client.readHead()
                client.send("goodbye")
                client.close()
                #expect(try await upstream.readToEnd() == "goodbye")
            }
        }
    }

    @Test("a complete request arrives, though its client leaves with it")
    func lastRequest() async throws {
        try await GatewayUnderTest.run { gateway in
            for _ in 0..<20 {
                let first = try await gateway.connect()
                first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let upstream = try await gateway.upstream.accept()
                _ = try await upstream.readHead()
                upstream.send(Self.ok)
                _ = try await first.read(through: "ok")

                // The connection that is open by now is used, so that nothing need be waited for.
                let second = try await gateway.connect()
                second.send("POST /note HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhave")
                second.close()
                #expect(try await upstream.readToEnd().hasSuffix("\r\n\r\nhave"))
            }
        }
    }

    @Test("an answer that a slow client has not read yet is not cut short when the process is asked to stop")
    func slowReaderInDrain() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.drain = .seconds(30)
            $0.timeouts.linger = .milliseconds(200)
        } _: { gateway in
            let client = try await gateway.connect(receiveBuffer: 4_096)
            try await client.setReading(false)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            // More than the sockets hold, so that the gateway still has some of it when the upstream has given it all.
            let body = [UInt8](repeating: 0x78, count: 4_000_000)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            let isTaken = Watched(false)
            upstream.channel.writeAndFlush(ByteBuffer(bytes: body)).whenSuccess { isTaken.update { $0 = true } }
            while !isTaken.value || gateway.gate.ledger.value.ends.isEmpty {
                client.channel.read()
                await Quiet.pass(.milliseconds(5))
            }
            await gateway.beginDraining()
            await Quiet.pass(.milliseconds(2_000))
            try await client.setReading(true)
            client.channel.read()
            _ = try await client.readHead()

            #expect(try await client.readToEnd().utf8.count == body.count)
        }
    }

    @Test("an answer that flow control holds back is not cut short either (RFC 9113 §5.2)")
    func flowControlInDrain() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.drain = .seconds(30)
            $0.timeouts.linger = .milliseconds(200)
        } _: { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port)
            let stream = try await client.get("/")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            await gateway.beginDraining()
            try await stream.setReading(false)
            // A window is 65,535 octets at first, and who does not read does not open it.
            let count = 100_000
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
            upstream.send([UInt8](repeating: 0x78, count: count))
            await Quiet.pass(.milliseconds(2_000))
            try await stream.setReading(true)
            let answer = try await stream.answer()

            #expect(answer.body.count == count && answer.isEnded && !answer.isBroken)
        }
    }

    /// - Parameter reads: how often the client still reads, so that the end of it is in one place or another.
    @Test(
        "what HTTP/2 let go, but the client's socket has not taken, is not cut short in a drain",
        arguments: [0, 6, 16, 25])
    func slowSocketInDrain(reads: Int) async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.drain = .seconds(30)
            $0.timeouts.linger = .seconds(10)
        } _: { gateway in
            let count = 6_000_000
            let client = try await HTTP2Client.connect(
                port: gateway.port, receiveBuffer: 4_096, window: 2 * count)
            let stream = try await client.get("/")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            try await client.channel.setOption(.autoRead, value: false).get()
            // A stream that reads makes its connection read.
            try await stream.setReading(false)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
            upstream.send([UInt8](repeating: 0x78, count: count))
            while gateway.gate.ledger.value.ends.isEmpty {
                client.channel.read()
                await Quiet.pass(.milliseconds(5))
            }
            for _ in 0..<reads {
                client.channel.read()
                await Quiet.pass(.milliseconds(5))
            }
            await gateway.beginDraining()
            await Quiet.pass(.milliseconds(2_500))
            try await client.channel.setOption(.autoRead, value: true).get()
            client.channel.read()
            try await stream.setReading(true)
            let answer = try await stream.answer()

            #expect(answer.body.count == count && answer.isEnded && !answer.isBroken)
            try await client.isEnded.wait("the end of the connection") { $0 }
        }
    }
}
