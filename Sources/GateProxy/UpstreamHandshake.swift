// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import NIOCore
import NIOTLS

/// Waits for the end of the TLS handshake with an upstream; closes the connection when it does not come in time, or when the
/// certificate is not for the upstream's name.
final class UpstreamHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    enum Failure: Error { case tookTooLong, wrongName }

    private let name: ServerName?
    private let deadline: NIODeadline
    private var promise: EventLoopPromise<Void>?
    private var timer: Scheduled<Void>?

    /// - Parameter name: nil when the upstream is known by its address.
    init(name: ServerName?, deadline: NIODeadline, promise: EventLoopPromise<Void>) {
        self.name = name
        self.deadline = deadline
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            end(context, .failure(Failure.tookTooLong))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            end(context, isProved(context) ? .success(()) : .failure(Failure.wrongName))
        }
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

    private func isProved(_ context: ChannelHandlerContext) -> Bool { name?.isProved(on: context.channel) ?? true }

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
