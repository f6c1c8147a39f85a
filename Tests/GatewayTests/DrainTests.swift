// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateProxy
import GateTestKit
import NIOCore
import Testing

/// What happens once the process was asked to stop.
@Suite("Draining over sockets", .timeLimit(.minutes(2)))
struct DrainTests {
    @Test("a request under way is answered, with Connection: close; idle connections end")
    func underWay() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.drain = .seconds(20)
        } _: { gateway in
            let idle = try await gateway.connect()
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            await gateway.beginDraining()
            try await idle.expectEnd()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

            #expect(
                try await client.readToEnd() == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        }
    }

    @Test("a client's own event stream ends cleanly at once, between two events")
    func eventStream() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.drain = .seconds(20)
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(StreamingTests.eventStream + "1\r\nx\r\n")
            _ = try await client.readHead()
            _ = try await client.read(through: "x\r\n")
            await gateway.beginDraining()

            #expect(try await client.readToEnd() == "0\r\n\r\n")
            try await upstream.expectEnd()
        }
    }

    @Test("an event stream that ends in the midst of a chunk never looks whole")
    func withinChunk() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.drain = .seconds(20)
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(StreamingTests.eventStream + "20\r\nx")
            _ = try await client.readHead()
            _ = try await client.read(through: "x")
            await gateway.beginDraining()

            try await client.expectEnd()
            try await upstream.expectEnd()
        }
    }

    @Test("the answer to a POST may stream until half of the time is over, then it ends cleanly")
    func postStream() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.drain = .seconds(3)
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(StreamingTests.eventStream)
            _ = try await client.readHead()
            await gateway.beginDraining()
            await Quiet.pass(.milliseconds(900))
            upstream.send("1\r\nx\r\n")
            #expect(try await client.read(through: "x\r\n") == "1\r\nx\r\n")
            #expect(try await client.readToEnd() == "0\r\n\r\n")
        }
    }

    @Test("what has not ended when the time is over is cut off")
    func cutOff() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            await gateway.beginDraining()

            try await client.expectEnd()
            try await upstream.expectEnd()
        }
    }
}
