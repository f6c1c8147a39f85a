// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

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
        do { context = try upstreams.tlsContext(for: configuration) } catch { return eventLoop.makeFailedFuture(error) }
        // An address is no server name (RFC 6066 §3): the certificate is then checked against the address itself.
        let isAddress = name.isEmpty || (try? SocketAddress(ipAddress: name, port: 0)) != nil
        let handshake = eventLoop.makePromise(of: Void.self)
        let deadline = NIODeadline.now() + configuration.connectTimeout
        let connected = connect(configuration) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name))
                try pipeline.addHandler(TLSHandshake(deadline: deadline, promise: handshake))
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

/// Waits for the end of a TLS handshake, and closes the connection when it does not come in time.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    struct TookTooLong: Error {}

    private let deadline: NIODeadline
    private var promise: EventLoopPromise<Void>?
    private var timer: Scheduled<Void>?

    init(deadline: NIODeadline, promise: EventLoopPromise<Void>?) {
        self.deadline = deadline
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            end(context, .failure(TookTooLong()))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { end(context, .success(())) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, .failure(error))
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, .failure(ChannelError.eof))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(context, .failure(ChannelError.eof)) }

    private func end(_ context: ChannelHandlerContext, _ result: Result<Void, any Error>) {
        guard let timer else { return }
        self.timer = nil
        timer.cancel()
        let promise = promise
        self.promise = nil
        switch result {
        case .success: context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        case .failure: context.close(promise: nil)
        }
        promise?.completeWith(result)
    }
}
