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
    /// When it is closed at the latest, though octets may still wait for the peer to take them.
    private var closesAt: NIODeadline?

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
        if let closesAt {
            if closesAt < now || mode == .closing { channel.close(promise: nil) }
        } else if mode >= .draining {
            if saidGoAwayAt == nil {
                saidGoAwayAt = now
                sayGoAway(nil)
            }
            if mode == .closing { return channel.close(promise: nil) }
            // A request may be on its way that was sent before the frame arrived.
            if openStreams == 0, (saidGoAwayAt ?? now) + .seconds(1) < now { end(now) }
        } else if openStreams == 0, idleSince + loop.timeouts.idle < now {
            end(now)
        }
    }

    /// Closes once everything that was answered is on its way: the last frame goes out behind all the others.
    private func end(_ now: NIODeadline) {
        closesAt = now + loop.timeouts.writeStall
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { [channel] _ in channel.close(promise: nil) }
        sayGoAway(written)
    }

    private func sayGoAway(_ promise: EventLoopPromise<Void>?) {
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
        channel.writeAndFlush(frame, promise: promise)
    }
}
