// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import NIOCore
import NIOPosix
import NIOSSL

/// Opens connections to upstreams on one event loop: TCP, TLS over it, Unix sockets, and the control plane's pair of sockets.
struct UpstreamConnector {
    let eventLoop: any EventLoop
    let upstreams: UpstreamTable
    let control: ControlPlaneConnector

    /// A channel whose last handler is an ``UpstreamConnection``; with TLS, one whose peer has proved its name.
    func connect(_ lane: UpstreamLane, pool: UpstreamPool) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound((lane: lane, pool: pool), eventLoop: eventLoop)
        let addHandler: @Sendable (any Channel) throws -> Void = { channel in
            let (lane, pool) = bound.value
            try channel.pipeline.syncOperations.addHandler(UpstreamConnection(lane: lane, pool: pool))
        }
        guard let configuration = lane.configuration else { return control(eventLoop, addHandler) }
        guard let name = configuration.tlsServerName else {
            return connect(configuration) { channel in
                channel.eventLoop.makeCompletedFuture { try addHandler(channel) }
            }
        }

        let context: NIOSSLContext
        do {
            context = try upstreams.tlsContext(for: configuration)
        } catch {
            // With the loop's next turn: the pool goes on to the next in line, and not ever deeper.
            return eventLoop.submit { throw error }
        }
        // An address is no server name (RFC 6066 §3): the certificate is then checked against the address itself.
        let isAddress = name.isEmpty || (try? SocketAddress(ipAddress: name, port: 0)) != nil
        let handshake = eventLoop.makePromise(of: Void.self)
        let deadline = NIODeadline.now() + configuration.connectTimeout
        let connected = connect(configuration) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name))
                try pipeline.addHandler(
                    UpstreamHandshake(
                        name: isAddress ? nil : ServerName(name), deadline: deadline, promise: handshake))
                try addHandler(channel)
            }
        }
        connected.whenFailure { handshake.fail($0) }
        return connected.flatMap { channel in handshake.futureResult.map { channel } }
    }

    private func connect(
        _ configuration: UpstreamConfiguration,
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer(initialize)
        switch configuration.address {
        case .tcp(let host, let port):
            return bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
        case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
        }
    }
}
