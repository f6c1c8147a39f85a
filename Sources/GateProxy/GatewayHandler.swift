// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateObserve
import GateTime
import NIOCore

/// One client connection (or HTTP/2 stream): reads heads strictly, asks the gate, and carries each exchange to its end.
///
/// Confined to its event loop. What follows from each event is decided by ``GatewayStateMachine``; this type does it. The phases
/// HEAD to ENRICH are ``RequestGate/admit(_:_:on:)``; FORWARD is in `GatewayHandler+Forwarding`, RESPOND in `GatewayHandler+Answering`.
///
/// The client's end of file ends the exchange at once, as a cancelled call must (requirement TRM-07): who wants an answer keeps
/// the connection open for it.
final class GatewayHandler: ChannelDuplexHandler, LoopTicking, Flushing {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let loop: LoopContext
    private let facts: ConnectionFacts
    var context: ChannelHandlerContext?
    var machine: GatewayStateMachine
    /// Octets that were received and not used yet.
    var input: ByteBuffer?
    private var scanner: RequestHeadScanner
    var head = RequestHead()
    var current: CurrentExchange?
    private var isReadPending = false
    private var isFlushPending = false
    private var isAdvancing = false
    private var hasSkippedEmptyLine = false
    private(set) var unwritableSince: NIODeadline?
    private var lingered = 0

    init(loop: LoopContext, facts: ConnectionFacts) {
        self.loop = loop
        self.facts = facts
        scanner = RequestHeadScanner(limits: loop.limits.head)
        machine = GatewayStateMachine(timeouts: loop.timeouts, at: .now())
    }

    // MARK: channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.turn()
        let octets = unwrapInboundIn(data)
        switch machine.state {
        case .closed: return
        case .lingering:
            lingered += octets.readableBytes
            if lingered > loop.limits.lingeringBytes { close() }
        case .tunnelling:
            current?.upstream?.write(octets)
            current?.upstream?.flush()
        case .awaitingHead, .deciding, .collecting, .connecting, .exchanging:
            if input == nil {
                input = octets
                if machine.state == .awaitingHead { machine.headBegan(at: loop.now) }
            } else {
                input?.writeImmutableBuffer(octets)
            }
            advance()
        }
    }

    func read(context: ChannelHandlerContext) {
        if isReadingPaused {
            isReadPending = true
        } else {
            context.read()
        }
    }

    func resumeReading() {
        guard isReadPending, !isReadingPaused else { return }
        isReadPending = false
        context?.read()
    }

    private var heldOctets: Int { input?.readableBytes ?? 0 }

    private var isReadingPaused: Bool {
        machine.isReadingPaused(
            held: heldOctets, limit: loop.limits.pipelinedBytes, upstreamTakes: current?.upstream?.isWritable ?? true)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            unwritableSince = nil
            machine.answerProgressed(at: loop.now)
            current?.upstream?.resumeReading()
        } else {
            unwritableSince = loop.now
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let malformed = event as? HTTP2StreamAdapter.MalformedRequest, machine.state == .awaitingHead {
            send(loop.gate.refuse(malformed.refusal, on: facts), answering: .other, closing: true)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        endConnection()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    /// Called by the loop's timer.
    func tick(_ now: NIODeadline, _ wallNow: Instant, _ mode: DrainController.Mode) {
        if let unwritableSince, unwritableSince + loop.timeouts.writeStall < now { return close() }
        let due = machine.due(
            at: now, wallNow: wallNow, mode: mode, held: heldOctets, endsAt: current?.plan.endsAt,
            isOpenEnded: head.method == .get, upstreamTakes: current?.upstream?.isWritable ?? true,
            clientTakes: unwritableSince == nil)
        switch due {
        case .nothing: break
        case .close: close()
        case .linger: linger()
        case .refuse: send(loop.gate.refuse(.timedOut, on: facts), answering: .other, closing: true)
        case .fail(let failure): failExchange(failure)
        case .endStream: endStream()
        }
    }

    // MARK: requests

    /// Does whatever the octets received so far allow.
    func advance() {
        // What ends at once within a turn is followed by the turn's own loop, not by a deeper one.
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while true {
            switch machine.state {
            case .awaitingHead: guard readHead() else { return }
            case .collecting: guard collect() else { return }
            case .exchanging:
                sendRequestBody()
                if machine.state == .exchanging { return }
            case .deciding, .connecting, .tunnelling, .lingering, .closed: return
            }
        }
    }

    /// HEAD: true when a head was read and something came of it at once.
    private func readHead() -> Bool {
        guard !skipEmptyLine(), let buffer = input, buffer.readableBytes > 0, context != nil else { return false }
        switch scanner.scan(buffer.readableBytesUInt8Span, into: &head) {
        case .incomplete: return false
        case .refused(let refusal):
            send(loop.gate.refuse(refusal, on: facts), answering: .other, closing: true)
            return false
        case .complete:
            let octets = take(head.headBytes) ?? ByteBuffer()
            machine.headRead(at: loop.now)
            switch loop.gate.admit(head, octets.readableBytesUInt8Span, on: facts) {
            case .ready(let admission): handle(admission, octets)
            case .pending(let work): wait(work, octets)
            }
            return machine.state != .deciding
        }
    }

    /// Old clients send an empty line after a body; one is skipped before a request line (RFC 9112 §2.2).
    ///
    /// - Returns: true while only half of it is here.
    private func skipEmptyLine() -> Bool {
        guard !hasSkippedEmptyLine, let buffer = input,
            buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) == 0x0D
        else { return false }
        guard let next = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt8.self) else { return true }
        guard next == 0x0A else { return false }
        hasSkippedEmptyLine = true
        _ = take(2)
        return false
    }

    /// Takes octets from what was received.
    func take(_ count: Int) -> ByteBuffer? {
        let octets = input?.readSlice(length: count)
        if heldOctets == 0 { input = nil }
        return octets
    }

    /// The one way off the event loop and back.
    private func wait(_ work: @escaping @Sendable () async -> Admission, _ octets: ByteBuffer) {
        guard let eventLoop = context?.eventLoop else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            let admission = await work()
            eventLoop.execute { bound.value.decided(admission, octets) }
        }
    }

    private func decided(_ admission: Admission, _ octets: ByteBuffer) {
        guard machine.state == .deciding else {
            // The client left meanwhile; the exchange still ends exactly once.
            switch admission {
            case .answer(_, let exchange): loop.gate.finished(exchange, status: 499, answerBytes: 0)
            case .forward(let plan): loop.gate.finished(plan.exchange, status: 499, answerBytes: 0)
            }
            return
        }
        handle(admission, octets)
        advance()
        resumeReading()
    }

    private func handle(_ admission: Admission, _ octets: ByteBuffer) {
        switch admission {
        case .answer(let response, let exchange):
            loop.gate.finished(exchange, status: response.status, answerBytes: response.body.count)
            send(response, answering: head.method, closing: !skipBody())
        case .forward(let plan): begin(plan, octets)
        }
    }

    /// Skips the body of a request that is not forwarded, if it is here already; false when the connection must end (defence D17).
    private func skipBody() -> Bool {
        var framer = BodyFramer(head.framing, output: .content)
        guard let buffer = input, !framer.isComplete else { return framer.isComplete }
        do throws(HTTPRefusal) {
            let consumed = try framer.consume(buffer.readableBytesUInt8Span) { _ in }
            guard framer.isComplete else { return false }
            _ = take(consumed)
            return true
        } catch {
            return false
        }
    }

    // MARK: answers of the gate's own

    /// Writes an answer; afterwards the connection waits for the next head, or lingers and closes.
    func send(_ response: LocalResponse, answering method: HTTPMethod, closing: Bool) {
        guard let context else { return }
        let closes =
            closing || response.closesConnection || !head.keepsAlive || head.version == .http10
            || loop.drain.mode >= .draining
        let octets = response.serialized(
            withBody: method != .head, keepsAlive: !closes, at: loop.clock.now.seconds)
        if closes {
            context.write(wrapOutboundOut(ByteBuffer(bytes: octets)), promise: nil)
            linger()
        } else {
            awaitHead()
            context.write(wrapOutboundOut(ByteBuffer(bytes: octets)), promise: nil)
            flush()
        }
    }

    /// Sends what was written, at the end of the loop's turn.
    func flush() {
        guard !isFlushPending else { return }
        isFlushPending = true
        loop.flushes.add(self)
    }

    func flushNow() {
        isFlushPending = false
        context?.flush()
    }

    func awaitHead() {
        guard machine.state != .closed else { return }
        hasSkippedEmptyLine = false
        machine.awaitHead(hasOctets: heldOctets > 0, at: loop.now)
    }

    /// Ends our side and waits briefly for the client's, so that the answer is not lost to a reset (RFC 9112 §9.6).
    func linger() {
        guard let context, machine.state != .closed else { return }
        machine.linger(at: loop.now)
        input = nil
        lingered = 0
        flushNow()
        guard machine.state == .lingering else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in machine.outputEnded(at: loop.now) }
        context.close(mode: .output, promise: promise)
        resumeReading()
    }

    func close() {
        guard machine.state != .closed else { return }
        // An answer that waits for the end of the turn still goes out.
        if isFlushPending { flushNow() }
        let context = context
        endConnection()
        context?.close(promise: nil)
    }

    private func endConnection() {
        machine.close()
        input = nil
        loop.remove(self)
        guard let exchange = current else { return }
        finish(exchange, status: machine.status == 0 ? 499 : machine.status)
    }

    /// The exchange is over: its connection is let go unless it was given back, and the gate is told, once.
    func finish(_ exchange: CurrentExchange, status: Int, answerBytes: Int? = nil) {
        current = nil
        letGo(of: exchange)
        exchange.ticket?.cancel()
        exchange.ticket = nil
        exchange.upstream?.abandon(by: self)
        exchange.upstream = nil
        if exchange.isStreaming { loop.metrics.openStreams.decrement() }
        loop.gate.finished(exchange.plan.exchange, status: status, answerBytes: answerBytes ?? exchange.answerBytes)
    }
}
