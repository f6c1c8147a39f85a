// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateObserve
package import NIOCore
import NIOPosix
import NIOSSL

/// Makes a connection to the control plane in this process.
package typealias ControlPlaneConnector =
    @Sendable (any EventLoop, @escaping @Sendable (any Channel) throws -> Void) -> EventLoopFuture<any Channel>

/// The connections of one event loop to the upstreams: kept alive, last used first, bounded; confined to that loop.
final class UpstreamPool {
    typealias Taker = (Result<UpstreamConnection, UpstreamUnavailable>) -> Void

    struct UpstreamUnavailable: Error {
        let failure: UpstreamFailure
    }

    private struct Lane {
        var idle: [UpstreamConnection] = []
        /// Open, being opened, or in use.
        var count = 0
        var waiting: [(taker: Taker, deadline: NIODeadline)] = []
    }

    let eventLoop: any EventLoop
    private let upstreams: UpstreamTable
    private let control: ControlPlaneConnector
    private let metrics: GatewayMetrics
    private var lanes: [UpstreamTable.Key: Lane] = [:]
    private static let longestQueue = 4_096

    init(
        eventLoop: any EventLoop, upstreams: UpstreamTable, control: @escaping ControlPlaneConnector,
        metrics: GatewayMetrics
    ) {
        self.eventLoop = eventLoop
        self.upstreams = upstreams
        self.control = control
        self.metrics = metrics
    }

    /// Hands out an idle connection at once (by return value), or another one later (through `taker`).
    ///
    /// - Parameter fresh: never a connection that was used before: for the second try.
    func take(_ destination: ForwardPlan.Destination, fresh: Bool, _ taker: @escaping Taker) -> UpstreamConnection? {
        guard let key = upstreams.key(destination) else {
            taker(.failure(UpstreamUnavailable(failure: .unreachable)))
            return nil
        }
        while !fresh, let connection = lanes[key]?.idle.popLast() {
            guard connection.isReusable else { continue }
            metrics.upstreamReuses.increment()
            return connection
        }
        let maximum = key.configuration?.maximumConnections ?? 4_096
        if lanes[key, default: Lane()].count >= maximum {
            guard lanes[key, default: Lane()].waiting.count < Self.longestQueue else {
                taker(.failure(UpstreamUnavailable(failure: .overloaded)))
                return nil
            }
            lanes[key]?.waiting.append((taker, .now() + (key.configuration?.connectTimeout ?? .seconds(3))))
            return nil
        }
        open(key, taker)
        return nil
    }

    /// The connection's exchange is over and it may carry another.
    func give(back connection: UpstreamConnection) {
        if let waiter = nextWaiter(connection.key) {
            waiter(.success(connection))
            return
        }
        connection.idleSince = .now()
        lanes[connection.key, default: Lane()].idle.append(connection)
    }

    /// The connection is closed; called once for each that was opened.
    func lost(_ connection: UpstreamConnection) {
        lanes[connection.key]?.count -= 1
        lanes[connection.key]?.idle.removeAll { $0 === connection }
        if let waiter = nextWaiter(connection.key) { open(connection.key, waiter) }
    }

    /// Closes what was idle for too long and ends waits that took too long.
    func sweep(_ now: NIODeadline) {
        for key in Array(lanes.keys) {
            let timeout = key.configuration?.idleTimeout ?? .seconds(30)
            let stale = lanes[key]?.idle.filter { $0.idleSince + timeout < now } ?? []
            if !stale.isEmpty {
                lanes[key]?.idle.removeAll { $0.idleSince + timeout < now }
                for connection in stale { connection.close() }
            }
            let late = lanes[key]?.waiting.filter { $0.deadline < now } ?? []
            if !late.isEmpty {
                lanes[key]?.waiting.removeAll { $0.deadline < now }
                for waiter in late { waiter.taker(.failure(UpstreamUnavailable(failure: .overloaded))) }
            }
        }
    }

    func closeIdle() {
        for key in Array(lanes.keys) {
            let idle = lanes[key]?.idle ?? []
            lanes[key]?.idle = []
            for connection in idle { connection.close() }
        }
    }

    private func nextWaiter(_ key: UpstreamTable.Key) -> Taker? {
        guard let lane = lanes[key], !lane.waiting.isEmpty else { return nil }
        return lanes[key]?.waiting.removeFirst().taker
    }

    private func open(_ key: UpstreamTable.Key, _ taker: @escaping Taker) {
        lanes[key, default: Lane()].count += 1
        let bound = NIOLoopBound((pool: self, taker: taker), eventLoop: eventLoop)
        connect(key).whenComplete { result in
            let (pool, taker) = bound.value
            switch result {
            case .success(let channel):
                do {
                    let connection = try channel.pipeline.syncOperations.handler(type: UpstreamConnection.self)
                    // It may be gone again already.
                    guard connection.isReusable else { throw UpstreamUnavailable(failure: .unreachable) }
                    connection.isCounted = true
                    pool.metrics.upstreamConnects.increment()
                    taker(.success(connection))
                } catch {
                    pool.failed(key, taker)
                }
            case .failure: pool.failed(key, taker)
            }
        }
    }

    private func failed(_ key: UpstreamTable.Key, _ taker: Taker) {
        lanes[key]?.count -= 1
        taker(.failure(UpstreamUnavailable(failure: .unreachable)))
        if let waiter = nextWaiter(key) { open(key, waiter) }
    }

    private func connect(_ key: UpstreamTable.Key) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let addHandler: @Sendable (any Channel) throws -> Void = { channel in
            try channel.pipeline.syncOperations.addHandler(UpstreamConnection(key: key, pool: bound.value))
        }
        guard let configuration = key.configuration else { return control(eventLoop, addHandler) }
        let tls: (context: NIOSSLContext, name: String)?
        do { tls = try upstreams.tlsContext(for: configuration) } catch { return eventLoop.makeFailedFuture(error) }
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let name = tls.name.isEmpty ? nil : tls.name
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls.context, serverHostname: name))
                    }
                    try addHandler(channel)
                }
            }
        switch configuration.address {
        case .tcp(let host, let port):
            return bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
        case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
        }
    }
}
