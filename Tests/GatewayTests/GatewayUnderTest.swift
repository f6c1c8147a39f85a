// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateObserve
import GateProxy
import GateTestKit
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Testing

/// A data plane on loopback with a scripted gate before it and a scripted upstream behind it.
struct GatewayUnderTest: Sendable {
    let port: Int
    let gate: ScriptedGate
    let upstream: ScriptedUpstream
    let clock: FixedClock
    let metrics: GatewayMetrics
    let upstreams: UpstreamTable
    private let services: ServiceGroup
    private let peers = Watched<[Peer]>([])

    struct Options: Sendable {
        var timeouts = ProxyTimeouts()
        var limits = ProxyLimits()
        var drain = Duration.zero
        var upstream: @Sendable (inout UpstreamConfiguration) -> Void = { _ in }
        var upstreamReceiveBuffer: Int?
        /// What the upstream speaks TLS with.
        var upstreamTLS: NIOSSLContext?
        var tls: NIOSSLContext?
        /// Listens on a Unix socket as well.
        var unixPath: String?
    }

    /// Opens a connection to the gateway.
    func connect(receiveBuffer: Int? = nil) async throws -> Peer {
        let peer = try await Peer.connect(port: port, receiveBuffer: receiveBuffer)
        peers.update { $0.append(peer) }
        return peer
    }

    /// Asks the process to stop, as SIGTERM does.
    func beginDraining() async { await services.triggerGracefulShutdown() }

    /// Puts another upstream on loopback in force; returns the generation that plans must name.
    func replaceUpstreams(with port: Int) -> Int {
        upstreams.replace(with: [UpstreamConfiguration(address: .tcp(host: "127.0.0.1", port: port))])
    }

    /// Runs `body` against a gateway of its own; afterwards every exchange must have ended exactly once.
    static func run(
        _ gate: ScriptedGate = ScriptedGate(), _ change: (inout Options) -> Void = { _ in },
        _ body: @Sendable (GatewayUnderTest) async throws -> Void
    ) async throws {
        var options = Options()
        change(&options)
        let upstream = try await ScriptedUpstream.start(
            receiveBuffer: options.upstreamReceiveBuffer, tls: options.upstreamTLS)
        var behind = UpstreamConfiguration(address: .tcp(host: "127.0.0.1", port: upstream.port))
        options.upstream(&behind)
        var configuration = GatewayListener.Configuration(addresses: [.tcp(host: "127.0.0.1", port: 0)])
        configuration.timeouts = options.timeouts
        configuration.limits = options.limits
        configuration.drain = options.drain
        configuration.tls = options.tls
        if let path = options.unixPath { configuration.addresses.append(.unix(path: path)) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let clock = FixedClock()
        let metrics = GatewayMetrics()
        let started = Watched<Int?>(nil)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let upstreamPort = upstream.port
        let upstreams = UpstreamTable([behind])
        let listener = GatewayListener(
            configuration: configuration, gate: gate, upstreams: upstreams,
            control: { loop, configure in
                ClientBootstrap(group: loop)
                    .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try configure(channel) } }
                    .connect(host: "127.0.0.1", port: upstreamPort)
            },
            metrics: metrics, clock: clock, group: group, logger: logger,
            onStarted: { addresses in
                if case .tcp(_, let port) = addresses[0] { started.update { $0 = port } }
            })
        let services = ServiceGroup(configuration: .init(services: [.init(service: listener)], logger: logger))
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await services.run() }
                    try await started.wait("the listener") { $0 != nil }
                    let gateway = GatewayUnderTest(
                        port: started.value ?? 0, gate: gate, upstream: upstream, clock: clock, metrics: metrics,
                        upstreams: upstreams, services: services)
                    do {
                        try await body(gateway)
                    } catch {
                        Issue.record(error)
                    }
                    for peer in gateway.peers.value { try? await peer.channel.close() }
                    await upstream.stop()
                    try await gate.ledger.wait("the end of every exchange") { $0.isSettled }
                    await services.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                })
        } catch {
            outcome = .failure(error)
        }
        try await group.shutdownGracefully()
        #expect(gate.ledger.value.endCounts.values.allSatisfy { $0 == 1 }, "each exchange ends exactly once")
        try outcome.get()
    }
}

extension GatewayUnderTest {
    /// The same with an upstream that speaks TLS, or does not.
    static func run(
        _ gate: ScriptedGate = ScriptedGate(), upstreamOverTLS: Bool, _ change: (inout Options) -> Void,
        _ body: @Sendable (GatewayUnderTest) async throws -> Void
    ) async throws {
        let path = "/tmp/gatehouse-test-\(UInt64.random(in: 0...UInt64.max)).pem"
        try TestCertificates.authority.write(toPath: path)
        defer { unlinkFile(path) }
        let tls = try TestCertificates.server(alpn: ["http/1.1"])
        try await run(gate) { options in
            change(&options)
            guard upstreamOverTLS else { return }
            options.upstreamTLS = tls
            options.upstream = { [upstream = options.upstream] in
                upstream(&$0)
                $0.tlsServerName = "localhost"
                $0.certificateAuthority = path
            }
        } _: { gateway in
            try await body(gateway)
        }
    }

    /// Waits until the gateway holds this many client connections.
    func metricsShow(connections: Int64) async throws {
        for _ in 0..<400 {
            if metrics.openConnections.value == connections { return }
            await Quiet.pass(.milliseconds(25))
        }
        Issue.record("\(metrics.openConnections.value) connections are open, not \(connections)")
    }

    func metricsShowNoConnections() async throws { try await metricsShow(connections: 0) }
}
