// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateTime
import NIOCore
import NIOTLS

/// Ends a connection whose TLS handshake does not end in time (defence D21); out of the way once it did.
final class HandshakeDeadline: ChannelInboundHandler, RemovableChannelHandler, LoopTicking {
    typealias InboundIn = NIOAny

    private let loop: LoopContext
    private let deadline: NIODeadline
    private var context: ChannelHandlerContext?

    init(loop: LoopContext) {
        self.loop = loop
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

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard case .some(.handshakeCompleted) = event as? TLSUserEvent else { return }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// Of no use to anyone: the handlers behind are there only after the handshake.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func tick(_ now: NIODeadline, _ wallNow: Instant, _ mode: DrainController.Mode) {
        if deadline < now || mode >= .draining { context?.close(promise: nil) }
    }
}
