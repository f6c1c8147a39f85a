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
    /// The connection is not served.
    enum Refused: Error { case tooMany, peerUnknown, loopUnknown }

    let loops: GatewayListener.Loops
    let limiter: ConnectionLimiter
    let drain: DrainController
    let metrics: GatewayMetrics
    let tls: NIOSSLContext?
    /// The peers of a Unix socket have no address, and are not counted by it.
    let isUnixSocket: Bool

    /// Runs on the connection's event loop.
    ///
    /// - Throws: ``Refused``; the connection is then closed.
    func configure(_ channel: any Channel) throws {
        let facts = try facts(channel)
        let counted = isUnixSocket ? nil : facts.remoteAddress
        guard limiter.enter(counted) else {
            metrics.connectionsRefused.increment()
            throw Refused.tooMany
        }
        drain.opened()
        metrics.openConnections.increment()
        channel.closeFuture.whenComplete { [limiter, drain, metrics] _ in
            limiter.leave(counted)
            drain.closed()
            metrics.openConnections.decrement()
        }
        guard let loop = loops.context(of: channel.eventLoop) else { throw Refused.loopUnknown }
        let pipeline = channel.pipeline.syncOperations
        guard let tls else {
            try pipeline.addHandler(
                ProtocolSniffer(loop: loop) { channel, isHTTP2 in
                    var facts = facts
                    facts.isHTTP2 = isHTTP2
                    try Self.configure(channel, loop, facts)
                })
            return
        }
        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        try pipeline.addHandler(HandshakeDeadline(loop: loop))
        let bound = NIOLoopBound(loop, eventLoop: channel.eventLoop)
        try pipeline.addHandler(
            ApplicationProtocolNegotiationHandler { result, channel in
                channel.eventLoop.makeCompletedFuture {
                    var facts = facts
                    facts.isTLS = true
                    facts.isHTTP2 = if case .negotiated("h2") = result { true } else { false }
                    try Self.configure(channel, bound.value, facts)
                }
            })
    }

    private func facts(_ channel: any Channel) throws(Refused) -> ConnectionFacts {
        if isUnixSocket { return ConnectionFacts(remoteAddress: "unix", isTLS: false, isHTTP2: false) }
        // A peer that has gone already has no address, and must not be taken for a local one.
        guard let remote = channel.remoteAddress?.ipAddress else { throw .peerUnknown }
        return ConnectionFacts(
            remoteAddress: Self.unmapped(remote), localAddress: channel.localAddress?.ipAddress.map(Self.unmapped),
            isTLS: false, isHTTP2: false)
    }

    /// An address of IPv4 that reached an IPv6 socket is written as what it is.
    private static func unmapped(_ address: String) -> String {
        let mapped = "::ffff:"
        return address.hasPrefix(mapped) && address.contains(".") ? String(address.dropFirst(mapped.count)) : address
    }

    private static func configure(_ channel: any Channel, _ loop: LoopContext, _ facts: ConnectionFacts) throws {
        guard facts.isHTTP2 else {
            try channel.pipeline.syncOperations.addHandler(GatewayHandler(loop: loop, facts: facts))
            return
        }
        // Floods of resets, pings, settings, CONTINUATION and empty frames end the connection by NIO's own counters.
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: loop.limits.streams),
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
                let (loop, connection) = bound.value
                connection.streamOpened()
                stream.closeFuture.whenComplete { _ in bound.value.connection.streamEnded() }
                try stream.pipeline.syncOperations.addHandlers([
                    HTTP2StreamAdapter(), GatewayHandler(loop: loop, facts: facts),
                ])
            }
        }
        try channel.pipeline.syncOperations.addHandler(HTTP2ErrorHandler())
    }
}
