// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateJSON
import GateOAuth
import GateObserve
import GateSeal
import GateSession
import GateTestKit
import GateWeb
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@Suite("Control plane and operations", .timeLimit(.minutes(1)))
struct ControlPlaneTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Sends octets to a port on loopback and returns everything that comes back until the peer closes.
    private func exchange(_ request: String, port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var answer = ByteBuffer()
            for try await var piece in inbound { answer.writeBuffer(&piece) }
            return String(buffer: answer)
        }
    }

    /// Runs a server for the time of `body`, which is given its port.
    private func serving<Result: Sendable>(
        _ run: @escaping @Sendable (@escaping @Sendable (Int) -> Void) async throws -> Void,
        _ body: (Int) async throws -> Result
    ) async throws -> Result {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try? await run { continuation.yield($0) }
            }
            defer { group.cancelAll() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            return try await body(port)
        }
    }

    private func servingControlPlane<Result: Sendable>(
        _ configuration: ControlPlane.Configuration, _ body: (Int) async throws -> Result
    ) async throws -> Result {
        let plane = try ControlPlane(configuration: configuration, signIn: nobody(), logger: logger)
        let logger = logger
        return try await serving(
            { started in
                let server = HTTP1Channel(responder: plane.responder).server(
                    configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                    onServerRunning: { started($0.localAddress?.port ?? 0) },
                    eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
                try await server.run()
            }, body)
    }

    /// Endpoints without a provider to sign in with.
    private func nobody() throws -> SignInService {
        let url = try HTTPURL("https://m.example")
        let keys = try KeyRing(secrets: [[UInt8](0..<32)])
        let attributes = CookieAttributes(isSecure: true)
        return SignInService(
            configuration: SignInService.Configuration(
                publicURL: url, prefix: "/.auth", providers: [], preferred: nil,
                returnTarget: ReturnTarget(publicURL: url, prefix: "/.auth", allowedExternal: []),
                lifetime: .seconds(3_600), endsWithToken: false, claimsNaming: .legacy),
            sessions: BrowserSessions(.init(site: url.origin, attributes: attributes), keys: keys),
            attempts: SignInCookies(.init(site: url.origin, attributes: attributes), keys: keys), audit: SilentAudit(),
            clock: FixedClock(), logger: logger)
    }

    @Test("an endpoint that does not exist is 404 and says which do; nobody can sign in without a provider")
    func unknownEndpoint() async throws {
        for (path, status, word) in [
            ("/.auth/nothing", 404, "/.auth/me"), ("/.auth/login/aad/x", 404, "/.auth/me"),
            ("/.auth/login/aad", 404, "secret"), ("/.auth/login", 404, "secret"), ("/.auth/me", 401, "/.auth/login"),
            ("/.auth/refresh", 401, "/.auth/login"), ("/.auth/login/aad/callback?code=x&state=y", 404, "provider"),
        ] {
            let answer = try await servingControlPlane(.init()) { port in
                try await exchange("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port)
            }

            let body = try #require(answer.split(separator: "\r\n\r\n", maxSplits: 1).last)
            let problem = try JSONValue.parse(Array(body.utf8)).object
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(path)")
            #expect(answer.contains("application/problem+json"))
            #expect(problem?["title"]?.string != nil && String(body).contains(word), "\(body)")
        }
    }

    @Test("pages speak the reader's language, load nothing and show nobody in a frame (D27)")
    func pages() async throws {
        for (language, word) in [
            ("de-AT,en;q=0.5", "Sie sind abgemeldet"), ("fr, en", "You are signed out"),
            ("en;q=0, de;q=0.1", "Sie sind"), ("", "You are"),
        ] {
            let answer = try await servingControlPlane(.init()) { port in
                try await exchange(
                    "GET /.auth/logout/complete HTTP/1.1\r\nHost: x\r\nAccept-Language: \(language)\r\nConnection: close\r\n\r\n",
                    port: port)
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains(word), "\(language)")
            #expect(answer.contains("style-src 'sha256-") && answer.contains("frame-ancestors 'none'"))
            #expect(!answer.contains("<script") && !answer.contains("http://") && !answer.contains(" src="))
        }
    }

    @Test("every answer carries the security header fields")
    func securityHeaders() async throws {
        let answer = try await servingControlPlane(.init()) { port in
            try await exchange("POST /.auth/logout HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port)
        }
        let head = answer.lowercased()

        for line in [
            "content-security-policy: default-src 'none'", "x-content-type-options: nosniff", "cache-control: no-store",
            "referrer-policy: no-referrer", "x-frame-options: deny",
        ] {
            #expect(head.contains("\r\n" + line), "\(line)")
        }
    }

    @Test("the operations port answers health, readiness with reasons, and metrics")
    func operations() async throws {
        let health = HealthState()
        let metrics = GatewayMetrics()
        metrics.requestFinished(outcome: .permitted, phase: .respond, status: 200, duration: .milliseconds(1))
        let logger = logger

        func ask(_ target: String) async throws -> String {
            try await serving(
                { started in
                    let server = OperationsServer(
                        configuration: .init(host: "127.0.0.1", port: 0), health: health, metrics: [metrics.write],
                        logger: logger, started: { started($0) })
                    try await server.run()
                },
                { port in
                    try await exchange("\(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port)
                })
        }

        #expect(try await ask("GET /healthz").hasPrefix("HTTP/1.1 200 "))
        let starting = try await ask("GET /readyz")
        #expect(starting.hasPrefix("HTTP/1.1 503 "))
        #expect(starting.hasSuffix(#"{"ready":false,"reasons":[{"component":"process","detail":"is starting"}]}"#))
        health.markStarted()
        #expect(try await ask("GET /readyz").hasSuffix(#"{"ready":true}"#))
        health.markDraining()
        #expect(try await ask("GET /readyz").hasPrefix("HTTP/1.1 503 "))
        let scrape = try await ask("GET /metrics")
        #expect(scrape.contains("text/plain; version=0.0.4"))
        #expect(scrape.contains(#"gatehouse_requests_total{outcome="permitted",status="2xx",phase="respond"} 1"#))
        #expect(try await ask("HEAD /healthz").hasPrefix("HTTP/1.1 200 "))
        #expect(try await ask("GET /other").hasPrefix("HTTP/1.1 404 "))
    }
}

private struct SilentAudit: AuditSink {
    func record(_ event: borrowing AuditEvent) {}
}
