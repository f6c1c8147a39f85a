// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore
import NIOTLS

/// Waits for the end of the TLS handshake with an upstream, and closes the connection when it does not come in time.
final class UpstreamHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    struct TookTooLong: Error {}

    private let deadline: NIODeadline
    private var promise: EventLoopPromise<Void>?
    private var timer: Scheduled<Void>?

    init(deadline: NIODeadline, promise: EventLoopPromise<Void>) {
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
