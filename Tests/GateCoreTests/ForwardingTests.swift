// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateJSON
import GateMCP
import GateOAuth
import GatePolicy
import GateTestKit
import GateTime
import GateCore
import GateObserve
import Testing

/// What the server is told of the caller's connection, and whose word counts for it (defences D14, D16).
struct ForwardingTests {
    private func gate() throws -> GateHarness {
        try GateHarness { $0.trustedProxies = ["10.0.0.0/8", "::1"].compactMap { IPNetwork($0) } }
    }

    @Test(
        "the caller's address is the last that no trusted proxy has (D16)",
        arguments: [
            ("203.0.113.9", "198.51.100.7", "203.0.113.9"), ("10.1.2.3", "198.51.100.7", "198.51.100.7"),
            ("10.1.2.3", "1.1.1.1, 198.51.100.7, 10.9.9.9", "198.51.100.7"), ("::1", "2001:db8::7", "2001:db8::7"),
            ("10.1.2.3", "evil", "10.1.2.3"), ("10.1.2.3", "198.51.100.7, evil", "10.1.2.3"),
            ("10.1.2.3", "10.4.5.6, 10.7.8.9", "10.4.5.6"), ("11.0.0.1", "198.51.100.7", "11.0.0.1"),
            ("unix", "198.51.100.7", "unix"),
        ])
    func clientAddress(_ peer: String, _ forwardedFor: String, _ expected: String) async throws {
        let gate = try gate()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), "X-Forwarded-For: \(forwardedFor)", from: peer)

        #expect(seen.upstreamFields("X-Forwarded-For") == [expected])
        #expect(seen.event?.remoteAddress == expected)
    }

    @Test(
        "scheme and host are the public ones, whoever says otherwise (RS-21, D16)",
        arguments: ["203.0.113.9", "10.1.2.3"])
    func publicURL(_ peer: String) async throws {
        let gate = try gate()

        let seen = await gate.ask(
            "POST /mcp", bearer: try gate.token(), "X-Forwarded-Proto: http", "X-Forwarded-Host: evil.example",
            "Forwarded: for=1.1.1.1;host=evil.example", "X-Real-IP: 1.1.1.1", "X-Forwarded-Port: 1",
            "X-Original-URL: /evil", "True-Client-IP: 1.1.1.1", from: peer)

        #expect(seen.upstreamFields("X-Forwarded-Proto") == ["https"])
        #expect(seen.upstreamFields("X-Forwarded-Host") == ["mcp.example"])
        #expect(!seen.upstream.contains("evil"))
        #expect(!seen.upstream.contains("1.1.1.1"))
    }

    @Test(
        "networks are matched by their prefix (RFC 4632 §3.1)",
        arguments: [
            ("10.0.0.0/8", true), ("10.1.2.0/24", true), ("10.1.2.3", true), ("0.0.0.0/0", true),
            ("10.1.3.0/24", false),
            ("::/0", false), ("10.1.2.2/31", true), ("10.1.2.4/31", false),
        ])
    func networks(_ network: String, _ isTrusted: Bool) async throws {
        let network = try #require(IPNetwork(network))
        let gate = try GateHarness { $0.trustedProxies = [network] }

        let seen = await gate.ask("GET /nowhere", "X-Forwarded-For: 198.51.100.7", from: "10.1.2.3")

        #expect(seen.event?.remoteAddress == (isTrusted ? "198.51.100.7" : "10.1.2.3"))
    }

    @Test(
        "what is no network is none",
        arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "a/8", "10.0.0/8", "10.0.0.0/8/8"])
    func noNetwork(_ text: String) { #expect(IPNetwork(text) == nil) }

    @Test("a trace goes on under the same id; the request's id is the gate's (W3C Trace Context)")
    func trace() async throws {
        let gate = try gate()

        let seen = await gate.ask(
            "POST /mcp", bearer: try gate.token(),
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Request-Id: chosen")

        #expect(seen.upstreamFields("traceparent").count == 1)
        #expect(seen.upstreamFields("traceparent").first?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
        #expect(seen.event?.trace.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(seen.upstreamFields("X-Request-Id") == [seen.event?.requestID.hex])
    }

    @Test(
        "a WebSocket may be opened, no other protocol (D14)",
        arguments: [("websocket", true), ("h2c", false), ("HTTP/2.0", false), ("websocket, h2c", false)])
    func upgrade(_ protocolName: String, _ isAllowed: Bool) async throws {
        let gate = try gate()

        let seen = await gate.ask(
            "GET /mcp", bearer: try gate.token(), "Connection: upgrade", "Upgrade: \(protocolName)")

        #expect(seen.upstreamFields("Upgrade") == (isAllowed ? [protocolName] : []))
    }

    @Test("each upstream may be told its own Host (D16)")
    func upstreamHost() async throws {
        let gate = try GateHarness { $0.upstreamHosts = ["inner.example:81"] }

        #expect(await gate.ask("POST /mcp", bearer: try gate.token()).upstreamFields("Host") == ["inner.example:81"])
    }

    @Test(
        "only a request that may be repeated is (RFC 9110 §9.2.2)",
        arguments: [("GET", true), ("HEAD", true), ("POST", false), ("DELETE", false)])
    func retries(_ method: String, _ isRetryable: Bool) async throws {
        let gate = try gate()

        #expect(await gate.ask("\(method) /mcp", bearer: try gate.token()).plan?.isRetryable == isRetryable)
    }
}
