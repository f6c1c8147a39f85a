// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateCore
package import GateObserve
package import GateTime
package import Logging
package import NIOCore
import NIOPosix
package import NIOSSL
import ServiceLifecycle

/// Where the gate listens.
package enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    case tcp(host: String, port: Int)
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// The data plane: listens, serves every connection on its event loop, and drains when the process is asked to stop.
package final class GatewayListener: Service {
    package struct Configuration: Sendable {
        package var addresses: [ListenAddress]
        package var timeouts = ProxyTimeouts()
        package var limits = ProxyLimits()
        /// Non-nil: TLS on every address, with `h2` and `http/1.1` by ALPN.
        package var tls: NIOSSLContext?
        /// How long requests under way may take after the process was asked to stop.
        package var drain: Duration = .seconds(30)

        package init(addresses: [ListenAddress]) { self.addresses = addresses }
    }

    private let configuration: Configuration
    private let gate: any RequestGate
    private let upstreams: UpstreamTable
    private let control: ControlPlaneConnector
    private let metrics: GatewayMetrics
    private let clock: any WallClock
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onStarted: @Sendable ([ListenAddress]) -> Void
    private let onDraining: @Sendable () -> Void
    private let drain = DrainController()

    /// - Parameters:
    ///   - onStarted: told the addresses once all are open, with the port that was chosen for port 0.
    ///   - onDraining: told when the process was asked to stop, before listening ends.
    package init(
        configuration: Configuration, gate: any RequestGate, upstreams: UpstreamTable,
        control: @escaping ControlPlaneConnector,
        metrics: GatewayMetrics, clock: any WallClock, group: any EventLoopGroup, logger: Logger,
        onStarted: @escaping @Sendable ([ListenAddress]) -> Void = { _ in },
        onDraining: @escaping @Sendable () -> Void = {}
    ) {
        self.configuration = configuration
        self.gate = gate
        self.upstreams = upstreams
        self.control = control
        self.metrics = metrics
        self.clock = clock
        self.group = group
        self.logger = logger
        self.onStarted = onStarted
        self.onDraining = onDraining
    }

    package func run() async throws {
        let loops = try await makeLoops()
        var servers: [any Channel] = []
        do {
            let limiter = ConnectionLimiter(limits: configuration.limits)
            for address in configuration.addresses { servers.append(try await bind(address, loops, limiter)) }
        } catch {
            for server in servers { try? await server.close() }
            await stop(loops)
            throw error
        }
        onStarted(
            servers.enumerated().map { index, server in
                guard case .tcp(let host, _) = configuration.addresses[index], let port = server.localAddress?.port
                else {
                    return configuration.addresses[index]
                }
                return .tcp(host: host, port: port)
            })
        try? await gracefulShutdown()
        onDraining()
        await drainAll(servers, loops)
    }

    private func drainAll(_ servers: [any Channel], _ loops: Loops) async {
        let started = ContinuousClock.now
        logger.info("draining", metadata: ["gatehouse.connections": "\(drain.openConnections)"])
        // Load balancers ask for readiness first; what they still send meanwhile is served.
        drain.advance(to: .draining)
        try? await Task.sleep(for: .milliseconds(500))
        for server in servers { try? await server.close() }
        let steps: [(DrainController.Mode, Duration)] = [
            (.draining, configuration.drain / 2), (.endingStreams, configuration.drain),
            (.closing, configuration.drain + .seconds(3)),
        ]
        for (mode, end) in steps {
            drain.advance(to: mode)
            // A task that was cancelled waits for nobody.
            while drain.openConnections > 0, ContinuousClock.now - started < end, !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        drain.advance(to: .closing)
        await stop(loops)
        logger.info("drained", metadata: ["gatehouse.connections": "\(drain.openConnections)"])
    }

    private func stop(_ loops: Loops) async {
        for context in loops.contexts { try? await context.eventLoop.submit { context.value.value.stop() }.get() }
    }

    /// The contexts, found by event loop on that loop.
    struct Loops: Sendable {
        let contexts: [NIOLoopBoundContext]
        func context(of eventLoop: any EventLoop) -> LoopContext? {
            contexts.first { $0.eventLoop === eventLoop }?.value.value
        }
    }

    private func makeLoops() async throws -> Loops {
        var contexts: [NIOLoopBoundContext] = []
        let collections = CollectionBudget(maximum: configuration.limits.collectedBytes)
        for eventLoop in group.makeIterator() {
            let bound = try await eventLoop.submit { [self] in
                let pool = UpstreamPool(eventLoop: eventLoop, upstreams: upstreams, control: control, metrics: metrics)
                let context = LoopContext(
                    eventLoop: eventLoop, gate: gate, timeouts: configuration.timeouts, limits: configuration.limits,
                    metrics: metrics, pool: pool, collections: collections, drain: drain, clock: clock)
                context.start()
                return NIOLoopBound(context, eventLoop: eventLoop)
            }.get()
            contexts.append(NIOLoopBoundContext(eventLoop: eventLoop, value: bound))
        }
        return Loops(contexts: contexts)
    }

    private func bind(
        _ address: ListenAddress, _ loops: Loops, _ limiter: ConnectionLimiter
    ) async throws -> any Channel {
        let isUnixSocket = if case .unix = address { true } else { false }
        let setup = ConnectionSetup(
            loops: loops, limiter: limiter, drain: drain, metrics: metrics, tls: configuration.tls,
            isUnixSocket: isUnixSocket)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try setup.configure(channel) }
            }
        do {
            switch address {
            case .tcp(let host, let port):
                return try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1).bind(
                    host: host, port: port
                ).get()
            case .unix(let path):
                return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
        } catch let error as IOError {
            throw ListenFailure(address: address, number: error.errnoCode)
        }
    }
}

/// An address cannot be listened on.
struct ListenFailure: Error, CustomStringConvertible {
    let address: ListenAddress
    /// The operating system's.
    let number: CInt

    var description: String {
        let reason =
            switch number {
            case EADDRINUSE: "somebody else listens there"
            case EACCES: "this user may not"
            case EADDRNOTAVAIL: "this machine has no such address"
            default: "error \(number)"
            }
        return "cannot listen on \(address): \(reason)"
    }
}

/// A loop's context, which may be looked at on that loop only.
struct NIOLoopBoundContext: Sendable {
    let eventLoop: any EventLoop
    let value: NIOLoopBound<LoopContext>
}
