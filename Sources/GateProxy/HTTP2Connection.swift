// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateObserve
import GateTime
import NIOCore
import NIOHTTP2

/// An HTTP/2 connection as a whole: ends it when it is idle, says GOAWAY when the process drains. Confined to its event loop.
final class HTTP2Connection: LoopTicking {
    private let loop: LoopContext
    private let channel: any Channel
    private var openStreams = 0
    private var idleSince = NIODeadline.now()
    private var saidGoAwayAt: NIODeadline?

    init(loop: LoopContext, channel: any Channel) {
        self.loop = loop
        self.channel = channel
        loop.add(self)
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.closeFuture.whenComplete { _ in bound.value.loop.remove(bound.value) }
    }

    func streamOpened() { openStreams += 1 }

    func streamEnded() {
        openStreams -= 1
        idleSince = .now()
    }

    func tick(_ now: NIODeadline, _ wallNow: Instant, _ mode: DrainController.Mode) {
        if mode >= .draining {
            if saidGoAwayAt == nil {
                saidGoAwayAt = now
                let frame = HTTP2Frame(
                    streamID: .rootStream, payload: .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
                channel.writeAndFlush(frame, promise: nil)
            }
            // A request may be on its way that was sent before the frame arrived.
            let isDone = openStreams == 0 && (saidGoAwayAt ?? now) + .seconds(1) < now
            if isDone || mode == .closing { channel.close(promise: nil) }
        } else if openStreams == 0, idleSince + loop.timeouts.idle < now {
            channel.close(promise: nil)
        }
    }
}
