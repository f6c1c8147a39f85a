// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateTime
import NIOCore

/// Tells HTTP/2 with prior knowledge from HTTP/1.1 by the connection's first octets (RFC 9113 §3.4), then gets out of the way.
final class ProtocolSniffer: ChannelInboundHandler, RemovableChannelHandler, LoopTicking {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let loop: LoopContext
    private let configure: (any Channel, _ isHTTP2: Bool) throws -> Void
    private let deadline: NIODeadline
    private var received: ByteBuffer?
    private var context: ChannelHandlerContext?

    init(loop: LoopContext, configure: @escaping (any Channel, _ isHTTP2: Bool) throws -> Void) {
        self.loop = loop
        self.configure = configure
        deadline = .now() + loop.timeouts.head
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var octets = unwrapInboundIn(data)
        if received == nil {
            received = octets
        } else {
            received?.writeBuffer(&octets)
        }
        guard let buffer = received else { return }
        let compared = min(buffer.readableBytes, Self.preface.count)
        let isPrefix = buffer.readableBytesView.prefix(compared).elementsEqual(Self.preface.prefix(compared))
        if isPrefix, compared < Self.preface.count { return }
        received = nil
        do {
            try configure(context.channel, isPrefix)
            context.fireChannelRead(wrapInboundOut(buffer))
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func tick(_ now: NIODeadline, _ wallNow: Instant, _ mode: DrainController.Mode) {
        if deadline < now || mode >= .draining { context?.close(promise: nil) }
    }
}
