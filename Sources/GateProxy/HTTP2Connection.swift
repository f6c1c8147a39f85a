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

    /// Ends our side behind everything that was answered, and waits briefly for the peer's: what it still sends, of windows mostly, would
    /// be answered with a reset, which costs it what it has not read (as RFC 9112 §9.6 says of HTTP/1.1).
    private func end(_ now: NIODeadline) {
        closesAt = now + loop.timeouts.writeStall
        sayGoAway(nil)
        let ended = channel.eventLoop.makePromise(of: Void.self)
        ended.futureResult.assumeIsolated().whenComplete { [self] result in
            // A connection that cannot end one side only is closed whole.
            if case .failure = result { return channel.close(promise: nil) }
            closesAt = .now() + loop.timeouts.linger
        }
        channel.close(mode: .output, promise: ended)
    }

    private func sayGoAway(_ promise: EventLoopPromise<Void>?) {
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
        channel.writeAndFlush(frame, promise: promise)
    }
}
