// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateProxy
import NIOCore
import Testing

@Suite("Upstreams over sockets", .timeLimit(.minutes(2)))
struct UpstreamPoolTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test("an upstream that comes back is used at once")
    func restart() async throws {
        try await GatewayUnderTest.run { gateway in
            let client = try await gateway.connect()
            await gateway.upstream.stop()
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 502 "))
            let again = try await ScriptedUpstream.start(port: gateway.upstream.port)
            client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await again.accept()
            _ = try await upstream.readHead()
            upstream.send(Self.ok)

            #expect(try await client.read(through: "ok").hasPrefix("HTTP/1.1 200 "))
            await again.stop()
        }
    }

    @Test("connections that are idle for too long are closed before they are used again")
    func idle() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.upstream = { $0.idleTimeout = .milliseconds(100) }
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(Self.ok)
            _ = try await client.read(through: "ok")

            try await upstream.expectEnd()
        }
    }

    @Test("another configuration is in force with the next request; connections to the old upstream end")
    func replaced() async throws {
        let generation = Watched(1)
        let gate = ScriptedGate { head, exchange in
            .ready(.forward(ScriptedGate.plan(head, exchange, generation: generation.value)))
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let old = try await gateway.upstream.accept()
            _ = try await old.readHead()
            old.send(Self.ok)
            _ = try await client.read(through: "ok")
            let other = try await ScriptedUpstream.start()
            let next = gateway.replaceUpstreams(with: other.port)
            generation.update { $0 = next }
            client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let new = try await other.accept()
            #expect(try await new.readHead().hasPrefix("GET /2 "))
            new.send(Self.ok)
            _ = try await client.read(through: "ok")

            try await old.expectEnd()
            await other.stop()
        }
    }

    @Test(
        "a request that was admitted for one upstream goes to it, whatever the configuration is by then",
        arguments: [1, 7])
    func admittedBefore(_ changes: Int) async throws {
        try await GatewayUnderTest.run(ScriptedGate(inspectingUpTo: 100) { _ in nil }) { gateway in
            let client = try await gateway.connect()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
            try await gateway.gate.ledger.wait("the head") { !$0.admitted.isEmpty }
            let other = try await ScriptedUpstream.start()
            for _ in 0..<changes { _ = gateway.replaceUpstreams(with: other.port) }
            client.send("cd")

            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead().hasPrefix("POST / "))
            upstream.send(Self.ok)
            #expect(try await client.read(through: "ok").hasPrefix("HTTP/1.1 200 "))
            await other.stop()
        }
    }

    @Test("a second try that has to wait gets a connection that nobody used before", arguments: [false, true])
    func freshAfterWaiting(overTLS: Bool) async throws {
        try await GatewayUnderTest.run(upstreamOverTLS: overTLS) {
            $0.upstream = { $0.maximumConnections = 2 }
        } _: { gateway in
            let clients = [try await gateway.connect(), try await gateway.connect()]
            var used: [Peer] = []
            for (number, client) in clients.enumerated() {
                client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                used.append(try await gateway.upstream.accept())
                _ = try await used[number].readHead()
            }
            for (client, peer) in zip(clients, used) {
                peer.send(Self.ok)
                _ = try await client.read(through: "ok")
            }
            // Both connections are busy, and so is the place of the one that breaks: three more requests than that wait.
            for (number, client) in clients.enumerated() {
                client.send("GET /again/\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            let heads = [try await used[0].readHead(), try await used[1].readHead()]
            let waiting = try await gateway.connect()
            waiting.send("GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n")
            try await gateway.gate.ledger.wait("who waits") { $0.admitted.contains("/waiting") }
            // One breaks: its place goes to who waits longest, and its request waits for a fresh connection.
            used[0].close()
            let third = try await gateway.upstream.accept()
            #expect(try await third.readHead().hasPrefix("GET /waiting "))
            // The other is given back, which must not serve the second try.
            used[1].send(Self.ok)
            let fourth = try await gateway.upstream.accept()
            let retried = heads[0].split(separator: " ")[1]
            #expect(try await fourth.readHead().hasPrefix("GET \(retried) "))
            for peer in [third, fourth] { peer.send(Self.ok) }
            for client in clients + [waiting] { _ = try await client.read(through: "ok") }
        }
    }

    @Test(
        "an answer whose body stops coming is cut off after the body's time, an event stream never is",
        arguments: [false, true])
    func silentBody(isEventStream: Bool) async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.upstream = { $0.bodyTimeout = .milliseconds(300) }
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            let type = isEventStream ? "text/event-stream" : "text/plain"
            upstream.send("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            _ = try await client.read(through: "a\r\n")
            guard isEventStream else {
                try await client.expectEnd()
                try await upstream.expectEnd()
                return
            }
            await Quiet.pass(.seconds(1))
            upstream.send("1\r\nb\r\n0\r\n\r\n")
            #expect(try await client.read(through: "0\r\n\r\n") == "1\r\nb\r\n0\r\n\r\n")
        }
    }

    @Test("an upstream may be a Unix socket, and so may the gate; the peer is then called unix")
    func unixSockets() async throws {
        let front = "/tmp/gatehouse-front-\(UInt32.random(in: 0...UInt32.max)).sock"
        let back = "/tmp/gatehouse-back-\(UInt32.random(in: 0...UInt32.max)).sock"
        defer {
            unlinkFile(front)
            unlinkFile(back)
        }
        let behind = try await ScriptedUpstream.start(unixPath: back)
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.unixPath = front
            $0.limits.connectionsPerAddress = 1
            $0.upstream = { $0 = UpstreamConfiguration(address: .unix(path: back)) }
        } _: { gateway in
            for number in 1...2 {
                let client = try await Peer.connect(port: 0, unixPath: front)
                client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                if number == 1 {
                    let upstream = try await behind.accept()
                    _ = try await upstream.readHead()
                    upstream.send(Self.ok)
                    #expect(try await client.read(through: "ok").hasPrefix("HTTP/1.1 200 "))
                    upstream.close()
                } else {
                    let upstream = try await behind.accept()
                    _ = try await upstream.readHead()
                    client.close()
                    try await upstream.expectEnd()
                }
            }
            #expect(gateway.gate.ledger.value.exchanges.map(\.remoteAddress) == ["unix", "unix"])
        }
        await behind.stop()
    }

    @Test("requests for the control plane and for the upstream take turns on one connection")
    func controlPlane() async throws {
        let gate = ScriptedGate { head, exchange in
            guard exchange.path.hasPrefix("/.auth/") else {
                return .ready(.forward(ScriptedGate.plan(head, exchange)))
            }
            return .ready(.forward(ForwardPlan(destination: .control, edits: RequestEdits(), exchange: exchange)))
        }
        try await GatewayUnderTest.run(gate) { gateway in
            let client = try await gateway.connect()
            client.send("GET /.auth/me HTTP/1.1\r\nHost: a\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.send("GET /.auth/you HTTP/1.1\r\nHost: a\r\n\r\n")
            let control = try await gateway.upstream.accept()
            #expect(try await control.readHead().hasPrefix("GET /.auth/me "))
            control.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nme")
            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead().hasPrefix("GET /1 "))
            upstream.send(Self.ok)
            #expect(try await control.readHead().hasPrefix("GET /.auth/you "))
            control.send("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nyou")

            _ = try await client.read(through: "\r\n\r\nme")
            _ = try await client.read(through: "\r\n\r\nok")
            _ = try await client.read(through: "\r\n\r\nyou")
        }
    }

    @Test("a decision that never comes ends the connection")
    func decision() async throws {
        let isOver = Watched(false)
        let gate = ScriptedGate { head, exchange in
            .pending {
                try? await isOver.wait("the test's end") { $0 }
                return .forward(ScriptedGate.plan(head, exchange))
            }
        }
        try await GatewayUnderTest.run(gate) {
            $0.timeouts.decision = .milliseconds(300)
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.expectEnd()
            isOver.update { $0 = true }
            try await gateway.gate.ledger.wait("the end") { $0.isSettled }
            #expect(gateway.upstream.connectionCount == 0)
        }
    }
}
