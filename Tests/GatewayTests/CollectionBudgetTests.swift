// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateProxy
import NIOCore
import Testing

/// How much may be held of bodies that are read before they go on (defence D21).
@Suite("Bodies that are held, over sockets", .serialized, .timeLimit(.minutes(2)))
struct CollectionBudgetTests {
    @Test(
        "bodies that are held to be read have room together, and what has none is 503 (D21)", arguments: [false, true])
    func collections(isChunked: Bool) async throws {
        try await GatewayUnderTest.run(ScriptedGate(inspectingUpTo: 1_000) { _ in nil }) {
            $0.limits.collectedBytes = 100
        } _: { gateway in
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 90"
            let part = isChunked ? "50\r\n" + String(repeating: "a", count: 0x50) : String(repeating: "a", count: 80)
            let first = try await gateway.connect()
            first.send("POST /1 HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n\(part)")
            try await gateway.gate.ledger.wait("the first") { $0.admitted.count == 1 }
            await Quiet.pass(.milliseconds(200))
            let second = try await gateway.connect()
            second.send("POST /2 HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n\(part)")
            #expect(try await second.readHead().hasPrefix("HTTP/1.1 503 "))

            first.close()
            try await gateway.gate.ledger.wait("the end of both") { $0.ends.count == 2 }
            let third = try await gateway.connect()
            third.send("POST /3 HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n\(part)")
            third.send(isChunked ? "\r\n0\r\n\r\n" : String(repeating: "a", count: 10))
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(UpstreamPoolTests.ok)
            #expect(try await third.read(through: "ok").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(
        "bodies that are complete count, too, until the upstream took them, whatever it answers (D21)",
        arguments: [false, true], [false, true])
    func completeCollections(isChunked: Bool, overTLS: Bool) async throws {
        let body = String(repeating: "a", count: 8_000_000)
        let rest =
            isChunked
            ? "Transfer-Encoding: chunked\r\n\r\n" + String(body.utf8.count, radix: 16) + "\r\n\(body)\r\n0\r\n\r\n"
            : "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let gate = ScriptedGate(inspectingUpTo: body.utf8.count) { _ in nil }
        try await GatewayUnderTest.run(gate, upstreamOverTLS: overTLS) {
            $0.limits.collectedBytes = 10_000_000
            $0.upstreamReceiveBuffer = 8_192
        } _: { gateway in
            let first = try await gateway.connect()
            first.send("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send(UpstreamPoolTests.ok)
            _ = try await first.read(through: "ok")
            try await upstream.setReading(false)
            first.send("POST /1 HTTP/1.1\r\nHost: a\r\n" + rest)
            // The first body was read and waits for its upstream, which answers without having taken it.
            await Quiet.pass(.milliseconds(700))
            try await Self.expectNoRoom(gateway, rest)
            upstream.send(UpstreamPoolTests.ok)
            #expect(try await first.read(through: "ok").hasPrefix("HTTP/1.1 200 "))
            try await Self.expectNoRoom(gateway, rest)

            try await upstream.setReading(true)
            upstream.channel.read()
            _ = try await upstream.readHead()
            _ = try await upstream.read(count: body.utf8.count)
            let third = try await gateway.connect()
            third.send("POST /3 HTTP/1.1\r\nHost: a\r\n" + rest)
            _ = try await upstream.readHead()
            _ = try await upstream.read(count: body.utf8.count)
            upstream.send(UpstreamPoolTests.ok)
            #expect(try await third.read(through: "ok").hasPrefix("HTTP/1.1 200 "))
        }
    }

    private static func expectNoRoom(_ gateway: GatewayUnderTest, _ rest: String) async throws {
        let client = try await gateway.connect()
        // No more of it than has no room, since what comes after a refusal may end in a reset.
        client.send("POST /no HTTP/1.1\r\nHost: a\r\n" + rest.prefix(2_100_000))
        #expect(try await client.readHead().hasPrefix("HTTP/1.1 503 "))
        #expect(gateway.gate.ledger.value.failures.last == .bodiesFull)
    }
}
