// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateObserve
import NIOCore
import NIOHTTP2
import NIOSSL
import NIOTLS

/// Puts the handlers into a client connection: TLS and ALPN, or a look at the first octets; then HTTP/1.1 or HTTP/2.
struct ConnectionSetup: Sendable {
    let loops: GatewayListener.Loops
    let limiter: ConnectionLimiter
    let drain: DrainController
    let metrics: GatewayMetrics
    let tls: NIOSSLContext?

    /// Runs on the connection's event loop.
    func configure(_ channel: any Channel) throws {
        let address = channel.remoteAddress?.ipAddress ?? "unix"
        guard limiter.enter(address) else {
            metrics.connectionsRefused.increment()
            throw ConnectionRefused()
        }
        drain.opened()
        metrics.openConnections.increment()
        channel.closeFuture.whenComplete { [limiter, drain, metrics] _ in
            limiter.leave(address)
            drain.closed()
            metrics.openConnections.decrement()
        }
        guard let loop = loops.context(of: channel.eventLoop) else { throw ConnectionRefused() }
        let pipeline = channel.pipeline.syncOperations
        guard let tls else {
            try pipeline.addHandler(
                ProtocolSniffer(loop: loop) { channel, isHTTP2 in
                    try Self.configure(
                        channel, loop, ConnectionFacts(remoteAddress: address, isTLS: false, isHTTP2: isHTTP2))
                })
            return
        }
        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        try pipeline.addHandler(HandshakeDeadline(loop: loop))
        let bound = NIOLoopBound(loop, eventLoop: channel.eventLoop)
        try pipeline.addHandler(
            ApplicationProtocolNegotiationHandler { result, channel in
                channel.eventLoop.makeCompletedFuture {
                    let isHTTP2 = if case .negotiated("h2") = result { true } else { false }
                    try Self.configure(
                        channel, bound.value, ConnectionFacts(remoteAddress: address, isTLS: true, isHTTP2: isHTTP2))
                }
            })
    }

    private static func configure(_ channel: any Channel, _ loop: LoopContext, _ facts: ConnectionFacts) throws {
        guard facts.isHTTP2 else {
            try channel.pipeline.syncOperations.addHandler(GatewayHandler(loop: loop, facts: facts))
            return
        }
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
            HTTP2Setting(parameter: .maxHeaderListSize, value: loop.limits.head.headBytes),
            HTTP2Setting(parameter: .enablePush, value: 0),
        ]
        connection.maximumBufferedControlFrames = 1_000
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.outboundBufferSizeHighWatermark = 64 * 1_024
        stream.outboundBufferSizeLowWatermark = 32 * 1_024
        let bound = NIOLoopBound(
            (loop: loop, connection: HTTP2Connection(loop: loop, channel: channel)), eventLoop: channel.eventLoop)
        _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: connection, streamConfiguration: stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                bound.value.connection.streamOpened()
                stream.closeFuture.whenComplete { _ in bound.value.connection.streamEnded() }
                try stream.pipeline.syncOperations.addHandlers([
                    HTTP2StreamAdapter(), GatewayHandler(loop: bound.value.loop, facts: facts),
                ])
            }
        }
        try channel.pipeline.syncOperations.addHandler(HTTP2ErrorHandler())
    }
}

/// There are too many connections.
struct ConnectionRefused: Error {}
