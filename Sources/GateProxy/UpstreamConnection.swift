// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import NIOCore

/// What an upstream connection tells the exchange that it serves.
protocol UpstreamConnectionOwner: AnyObject {
    /// The answer's final head; `bytes` are its octets. Returns how the body is to be passed on.
    func answerHead(_ head: ResponseHead, _ bytes: ByteBuffer) -> BodyFramer.Output
    /// An interim answer (1xx but 101).
    func interimHead(_ head: ResponseHead, _ bytes: ByteBuffer)
    func answerBody(_ piece: ByteBuffer)
    /// The answer is complete; the connection has been given back already, or is being closed.
    func answerEnd(trailers: [UInt8])
    /// The upstream switched protocols; octets pass through from now on.
    func switched(_ head: ResponseHead, _ bytes: ByteBuffer)
    func tunnelled(_ octets: ByteBuffer)
    /// The connection cannot finish the exchange.
    func answerFailed(_ failure: UpstreamFailure)
    /// Everything read so far was told.
    func flushAnswer()
    /// The connection takes octets again.
    func upstreamBecameWritable()
    /// Whether the client takes octets; reading stops while it does not.
    var takesAnswer: Bool { get }
}

/// One connection to an upstream: reads its answers strictly (defence D20) and serves one exchange at a time.
///
/// Bad events: octets while idle are the peer's fault and end the connection; an end of file while idle is a harmless race.
final class UpstreamConnection: ChannelDuplexHandler, Flushing {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State { case idle, head, body, tunnel, closed }

    let lane: UpstreamLane
    private let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var state = State.idle
    /// Held while the exchange lasts, and let go at its end.
    private var owner: (any UpstreamConnectionOwner)?
    private var method = HTTPMethod.other
    private var input: ByteBuffer?
    private var scanner = ResponseHeadScanner()
    private var head = ResponseHead()
    private var framer = BodyFramer(.none)
    private var interimCount = 0
    private var isReadPending = false
    private var isFlushPending = false
    private var keepsAlive = true
    private var isRequestSent = false
    private var isEstablished = false
    /// Whether an octet of the current answer has come; until then a request may be sent again elsewhere.
    private(set) var hasAnswered = false
    private(set) var wasUsedBefore = false
    private var exchangeCount = 0
    var idleSince = NIODeadline.distantPast

    private static let mostInterim = 16

    init(lane: UpstreamLane, pool: UpstreamPool) {
        self.lane = lane
        self.pool = pool
    }

    /// The pool counts on this connection from now on.
    ///
    /// - Throws: when it has closed already.
    func established() throws(ChannelError) {
        guard isReusable else { throw .alreadyClosed }
        isEstablished = true
    }

    var isReusable: Bool { state == .idle && context != nil }
    /// False while the upstream does not take what was written.
    private(set) var isWritable = true
    /// Whether the answer's body is chunked and stands between two chunks.
    var isBetweenChunks: Bool { state == .body && framer.isBetweenChunks }

    // MARK: the exchange's side

    func begin(_ owner: any UpstreamConnectionOwner, method: HTTPMethod) {
        self.owner = owner
        self.method = method
        wasUsedBefore = isUsed
        state = .head
        hasAnswered = false
        isRequestSent = false
        interimCount = 0
        keepsAlive = true
    }

    /// - Parameter done: called once the octets are the operating system's, or lost with the connection.
    func write(_ octets: ByteBuffer, then done: (@Sendable () -> Void)? = nil) {
        guard let context else {
            done?()
            return
        }
        guard let done else { return context.write(wrapOutboundOut(octets), promise: nil) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in done() }
        context.write(wrapOutboundOut(octets), promise: promise)
    }

    /// Sends what was written, at the end of the loop's turn.
    func flush() {
        guard !isFlushPending else { return }
        isFlushPending = true
        pool.flushes.add(self)
    }

    func flushNow() {
        isFlushPending = false
        context?.flush()
    }

    /// An exchange was carried, or begun, before.
    var isUsed: Bool { exchangeCount > 0 }

    /// The whole request has been written: only then may the connection be used again.
    func requestSent() {
        isRequestSent = true
        exchangeCount += 1
    }

    /// The exchange wants nothing more of it; nothing happens when it serves another one by now.
    func abandon(by former: any UpstreamConnectionOwner) {
        guard owner === former else { return }
        owner = nil
        close()
    }

    /// The exchange that it was taken for has ended.
    func giveBackUnused() { pool.give(back: self) }

    /// What was told to whole is sent before: a tunnel's last octets, a complete request.
    func close() {
        let isWhole = state == .tunnel || isRequestSent
        state = .closed
        if isFlushPending, isWhole { flushNow() }
        context?.close(promise: nil)
    }

    /// The client takes octets again.
    func resumeReading() {
        guard isReadPending else { return }
        isReadPending = false
        context?.read()
    }

    // MARK: the channel's side

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let octets = unwrapInboundIn(data)
        switch state {
        case .idle: close()
        case .closed: break
        case .tunnel: owner?.tunnelled(octets)
        case .head, .body:
            hasAnswered = true
            if input == nil {
                input = octets
            } else {
                input?.writeImmutableBuffer(octets)
            }
            parse()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { owner?.flushAnswer() }

    func read(context: ChannelHandlerContext) {
        if let owner, state != .idle, !owner.takesAnswer {
            isReadPending = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable { owner?.upstreamBecameWritable() }
    }

    /// A connection that broke did not end an answer, not even one that ends with its connection.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(.protocolViolation) }

    func channelInactive(context: ChannelHandlerContext) {
        let ended = state
        state = .closed
        self.context = nil
        if isEstablished { pool.lost(self) }
        guard let owner else { return }
        self.owner = nil
        switch ended {
        case .body where framer.mayEndHere: owner.answerEnd(trailers: [])
        case .tunnel: owner.answerEnd(trailers: [])
        case .head, .body, .idle, .closed: owner.answerFailed(.protocolViolation)
        }
    }

    // MARK: reading answers

    private func parse() {
        while let buffer = input, buffer.readableBytes > 0 {
            switch state {
            case .head:
                switch scanner.scan(buffer.readableBytesUInt8Span, answering: method, into: &head) {
                case .incomplete: return
                case .refused: return fail(.protocolViolation)
                case .complete:
                    input?.moveReaderIndex(forwardBy: head.headBytes)
                    guard take(head, buffer) else { return }
                }
            case .body:
                if !readBody(buffer) { return }
            case .idle:
                // Octets after the end of an answer belong to nothing: this connection cannot be trusted any more.
                return close()
            case .tunnel:
                input = nil
                owner?.tunnelled(buffer)
                return
            case .closed: return
            }
        }
        if input?.readableBytes == 0 { input = nil }
    }

    /// False when the connection is of no further use.
    private func take(_ head: ResponseHead, _ bytes: ByteBuffer) -> Bool {
        guard let owner else { return false }
        if head.isInterim {
            interimCount += 1
            guard interimCount <= Self.mostInterim else {
                fail(.protocolViolation)
                return false
            }
            owner.interimHead(head, bytes)
            return true
        }
        if head.status == 101 {
            state = .tunnel
            owner.switched(head, bytes)
            return state == .tunnel
        }
        keepsAlive = head.keepsAlive
        state = .body
        framer = BodyFramer(head.framing, output: owner.answerHead(head, bytes), keepsTrailers: true)
        if framer.isComplete { finish(trailers: []) }
        return state != .closed
    }

    /// False when nothing more can be read now.
    private func readBody(_ buffer: ByteBuffer) -> Bool {
        var framer = framer
        let consumed: Int
        do throws(HTTPRefusal) {
            consumed = try framer.consume(buffer.readableBytesUInt8Span) { piece in
                switch piece {
                case .input(let range): owner?.answerBody(buffer.part(range))
                case .made(let octets): owner?.answerBody(ByteBuffer(bytes: octets))
                }
            }
        } catch {
            fail(.protocolViolation)
            return false
        }
        guard state == .body else { return false }
        self.framer = framer
        input?.moveReaderIndex(forwardBy: consumed)
        if framer.isComplete { finish(trailers: framer.trailers) }
        return state != .closed
    }

    private func finish(trailers: [UInt8]) {
        guard state != .closed else { return }
        let surplus = (input?.readableBytes ?? 0) > 0
        let owner = owner
        self.owner = nil
        if input?.readableBytes == 0 { input = nil }
        if keepsAlive, isRequestSent, !surplus, context != nil {
            state = .idle
            // A read that back-pressure held up is due now, to hear of the connection's end.
            resumeReading()
            pool.give(back: self)
        } else {
            close()
        }
        owner?.answerEnd(trailers: trailers)
    }

    private func fail(_ failure: UpstreamFailure) {
        let owner = owner
        self.owner = nil
        close()
        owner?.answerFailed(failure)
    }
}
