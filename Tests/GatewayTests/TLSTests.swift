// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateProxy
import GateTestKit
import NIOCore
import NIOSSL
import Testing

@Suite("TLS over sockets", .timeLimit(.minutes(2)))
struct TLSTests {
    @Test("a client that speaks HTTP/1.1, or does not say, gets HTTP/1.1 (RFC 7301)", arguments: [["http/1.1"], []])
    func http1(_ alpn: [String]) async throws {
        let tls = try TestCertificates.server()
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.tls = tls
        } _: { gateway in
            let client = try await Peer.connect(port: gateway.port, tls: TestCertificates.client(alpn: alpn))
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            _ = try await upstream.readHead()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

            #expect(try await client.readToEnd().hasSuffix("\r\nConnection: close\r\n\r\nok"))
            try? await client.channel.close()
        }
    }

    @Test("a client that offers h2 gets HTTP/2 (RFC 9113 §3.2)")
    func http2() async throws {
        let tls = try TestCertificates.server()
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.tls = tls
        } _: { gateway in
            let client = try await HTTP2Client.connect(port: gateway.port, tls: TestCertificates.client(alpn: ["h2"]))
            let stream = try await client.get("/")
            let upstream = try await gateway.upstream.accept()
            #expect(try await upstream.readHead().hasPrefix("GET / HTTP/1.1\r\n"))
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

            let answer = try await stream.answer()
            #expect(answer.status == "200" && answer.text == "ok")
            try? await client.close()
        }
    }

    @Test("a handshake that does not come in time ends the connection (D21)")
    func slowHandshake() async throws {
        let tls = try TestCertificates.server()
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.tls = tls
            $0.timeouts.head = .milliseconds(300)
        } _: { gateway in
            let client = try await gateway.connect()
            client.send([0x16, 0x03, 0x01])

            try await client.expectEnd()
        }
    }

    @Test("clear text on a TLS port is served nothing")
    func clearText() async throws {
        let tls = try TestCertificates.server()
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.tls = tls
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")

            _ = try await client.readToEnd()
            #expect(gateway.gate.ledger.value.admitted.isEmpty)
        }
    }

    /// Runs a gateway whose upstream speaks TLS, with a certificate for `localhost` and `127.0.0.1`.
    private func withUpstream(
        named name: String, trusts: Bool, _ body: @Sendable (GatewayUnderTest) async throws -> Void
    ) async throws {
        let path = "/tmp/gatehouse-test-\(UInt64.random(in: 0...UInt64.max)).pem"
        try TestCertificates.authority.write(toPath: path)
        defer { unlinkFile(path) }
        let tls = try TestCertificates.server(alpn: ["http/1.1"])
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.upstreamTLS = tls
            $0.upstream = {
                $0.tlsServerName = name
                if trusts { $0.certificateAuthority = path }
            }
        } _: { gateway in
            try await body(gateway)
        }
    }

    @Test(
        "an upstream that proves its name or its address is used (RFC 9110 §4.3.4)",
        arguments: ["localhost", "127.0.0.1"])
    func upstream(_ name: String) async throws {
        try await withUpstream(named: name, trusts: true) { gateway in
            let client = try await gateway.connect()
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()
            for number in 1...2 {
                #expect(try await upstream.readHead().hasPrefix("GET /\(number) "))
                upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                _ = try await client.read(through: "ok")
                if number == 1 { client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n") }
            }
        }
    }

    @Test(
        "an upstream that cannot prove its name is 502, and gets no octet of the request",
        arguments: [("other.example", true), ("localhost", false)])
    func impostor(name: String, trusts: Bool) async throws {
        try await withUpstream(named: name, trusts: trusts) { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")

            #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 502 "))
            #expect(gateway.gate.ledger.value.failures == [.unreachable])
            let upstream = try await gateway.upstream.accept()
            #expect(upstream.received.value.octets.isEmpty)
        }
    }

    @Test("an upstream that never ends its handshake is 502 after the time for connecting")
    func silentUpstream() async throws {
        try await GatewayUnderTest.run(ScriptedGate()) {
            $0.upstream = {
                $0.tlsServerName = "localhost"
                $0.connectTimeout = .milliseconds(300)
            }
        } _: { gateway in
            let client = try await gateway.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let upstream = try await gateway.upstream.accept()

            #expect(try await client.read(through: "failed").hasPrefix("HTTP/1.1 502 "))
            _ = try await upstream.readToEnd()
        }
    }
}
