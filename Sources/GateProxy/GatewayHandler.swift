// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateTime
import NIOCore

/// One client connection (or HTTP/2 stream): reads heads strictly, asks the gate, and carries each exchange to its end.
///
/// Confined to its event loop. Requests are answered in order; the next head is not looked at before the answer to the last is
/// complete. The phases HEAD to ENRICH are ``RequestGate/admit(_:_:on:)``; FORWARD and RESPOND are in `GatewayHandler+Forwarding`.
///
/// Bad events: octets while an answer is under way are harmless and wait (bounded); the client's end of file ends the exchange;
/// a verdict that arrives after the connection ended is a harmless race and is dropped.
final class GatewayHandler: ChannelDuplexHandler, LoopTicking {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        /// Waiting for a head, or for the rest of one.
        case head
        /// The gate is still asking somebody.
        case deciding
        /// The body is collected, to be inspected.
        case collecting
        case connecting
        case exchanging
        case tunnelling
        /// The answer is out, the rest of the request is read and dropped (defence D17).
        case lingering
        case closed
    }

    let loop: LoopContext
    private let facts: ConnectionFacts
    var context: ChannelHandlerContext?
    var state = State.head
    /// Octets that were received and not used yet.
    var input: ByteBuffer?
    private var scanner: RequestHeadScanner
    var head = RequestHead()
    var current: CurrentExchange?
    var deadline: NIODeadline
    private var isReadPending = false
    private var isAdvancing = false
    private var hasSkippedEmptyLine = false
    private var unwritableSince: NIODeadline?
    private var lingered = 0

    init(loop: LoopContext, facts: ConnectionFacts) {
        self.loop = loop
        self.facts = facts
        scanner = RequestHeadScanner(limits: loop.limits.head)
        deadline = .now() + loop.timeouts.head
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
        let octets = unwrapInboundIn(data)
        switch state {
        case .closed: return
        case .lingering:
            lingered += octets.readableBytes
            if lingered > 256 * 1_024 { close() }
            return
        case .tunnelling:
            current?.upstream?.write(octets)
            current?.upstream?.flush()
            return
        default: break
        }
        if input == nil {
            input = octets
            if state == .head { deadline = .now() + loop.timeouts.head }
        } else {
            input?.writeImmutableBuffer(octets)
        }
        advance()
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

    /// Back-pressure: nothing more is read while what was read cannot go on.
    private var isReadingPaused: Bool {
        switch state {
        case .head, .collecting, .lingering, .closed: false
        case .tunnelling: current?.upstream?.isWritable == false
        case .deciding, .connecting: (input?.readableBytes ?? 0) > loop.limits.pipelinedBytes
        case .exchanging:
            current?.isRequestComplete == true
                ? (input?.readableBytes ?? 0) > loop.limits.pipelinedBytes : current?.upstream?.isWritable == false
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            unwritableSince = nil
            current?.upstream?.resumeReading()
        } else {
            unwritableSince = .now()
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        endConnection()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    /// Called by the loop's timer.
    func tick(_ now: NIODeadline, _ wallNow: Instant, _ mode: DrainController.Mode) {
        if let unwritableSince, unwritableSince + loop.timeouts.writeStall < now { return close() }
        switch state {
        case .head where mode >= .draining && (input?.readableBytes ?? 0) == 0: return close()
        // A client's own stream is open for as long as it likes; other answers get the chance to end by themselves.
        case .exchanging where mode >= .endingStreams || (mode == .draining && head.method == .get): endStream()
        case .exchanging where isPastEnd(wallNow): endStream()
        case .tunnelling where mode >= .endingStreams || isPastEnd(wallNow): return close()
        default: break
        }
        if mode == .closing { return close() }
        guard deadline < now else { return }
        switch state {
        case .head:
            if (input?.readableBytes ?? 0) > 0 {
                send(loop.gate.refuse(.timedOut, on: facts), closing: true)
            } else {
                close()
            }
        case .collecting: failExchange(.requestBodyBroken(.timedOut))
        case .exchanging:
            // Whose fault it is: while the upstream takes nothing, nothing is read from the client.
            let waitsForClient = current?.isRequestComplete == false && current?.upstream?.isWritable == true
            failExchange(waitsForClient ? .requestBodyBroken(.timedOut) : .timedOut)
        case .lingering: close()
        case .deciding, .connecting, .tunnelling, .closed: break
        }
    }

    /// The credential ended a minute ago, which is what clocks may differ by.
    private func isPastEnd(_ wallNow: Instant) -> Bool {
        guard let end = current?.plan.endsAt else { return false }
        return end + .seconds(60) < wallNow
    }

    // MARK: requests

    /// Does whatever the octets received so far allow.
    func advance() {
        // What ends at once within a turn is followed by the turn's own loop, not by a deeper one.
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while true {
            switch state {
            case .head:
                guard readHead() else { return }
            case .collecting:
                guard collect() else { return }
            case .exchanging:
                sendRequestBody()
                if state == .exchanging { return }
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
            send(loop.gate.refuse(refusal, on: facts), closing: true)
            return false
        case .complete:
            let octets = input?.readSlice(length: head.headBytes) ?? ByteBuffer()
            if input?.readableBytes == 0 { input = nil }
            state = .deciding
            deadline = .distantFuture
            switch loop.gate.admit(head, octets.readableBytesUInt8Span, on: facts) {
            case .ready(let admission): handle(admission, octets)
            case .pending(let work): wait(work, octets)
            }
            return state == .head || state == .collecting || state == .exchanging
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
        input?.moveReaderIndex(forwardBy: 2)
        if input?.readableBytes == 0 { input = nil }
        return false
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
        guard state == .deciding else {
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
            send(response, closing: !skipBody())
            loop.gate.finished(exchange, status: response.status, answerBytes: response.body.count)
        case .forward(let plan): begin(plan, octets)
        }
    }

    /// Skips the body of a request that is not forwarded, if it is here already; false when the connection must end.
    private func skipBody() -> Bool {
        var framer = BodyFramer(head.framing, output: .content)
        guard let buffer = input, !framer.isComplete else { return framer.isComplete }
        guard let consumed = try? framer.consume(buffer.readableBytesUInt8Span, emit: { _ in }), framer.isComplete
        else { return false }
        input?.moveReaderIndex(forwardBy: consumed)
        if input?.readableBytes == 0 { input = nil }
        return true
    }

    // MARK: answers of the gate's own

    /// Writes an answer; afterwards the connection waits for the next head, or lingers and closes.
    func send(_ response: LocalResponse, closing: Bool) {
        guard let context else { return }
        let closes =
            closing || response.closesConnection || !head.keepsAlive || head.version == .http10
            || loop.drain.mode >= .draining
        let octets = response.serialized(
            withBody: head.method != .head || response.status == 408, keepsAlive: !closes, at: loop.clock.now.seconds)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: octets)), promise: nil)
        closes ? linger() : awaitHead()
    }

    func awaitHead() {
        guard state != .closed else { return }
        state = .head
        hasSkippedEmptyLine = false
        deadline = .now() + ((input?.readableBytes ?? 0) > 0 ? loop.timeouts.head : loop.timeouts.idle)
    }

    /// Ends our side and waits briefly for the client's, so that the answer is not lost to a reset (RFC 9112 §9.6).
    func linger() {
        guard let context, state != .closed else { return }
        state = .lingering
        input = nil
        // What was written may still be on its way to a slow reader; the wait for the client's end begins after it.
        deadline = .now() + loop.timeouts.writeStall
        let ended = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ended.futureResult.whenComplete { _ in bound.value.outputEnded() }
        context.close(mode: .output, promise: ended)
        resumeReading()
    }

    private func outputEnded() {
        if state == .lingering { deadline = .now() + loop.timeouts.linger }
    }

    func close() {
        guard state != .closed else { return }
        let context = context
        endConnection()
        context?.close(promise: nil)
    }

    private func endConnection() {
        state = .closed
        input = nil
        loop.remove(self)
        guard let exchange = current else { return }
        current = nil
        exchange.upstream?.abandon()
        loop.gate.finished(
            exchange.plan.exchange, status: exchange.status == 0 ? 499 : exchange.status,
            answerBytes: exchange.answerBytes)
    }
}
