// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateObserve
import NIOCore

/// RESPOND: the answer's way to the client, as it arrives.
extension GatewayHandler: UpstreamConnectionOwner {
    /// Pieces up to this size are joined with what goes out in the same read.
    private static var joinedBytes: Int { 8 * 1_024 }

    var takesAnswer: Bool { unwritableSince == nil }

    func upstreamBecameWritable() {
        machine.upstreamTakesBody(at: loop.now)
        sendRequestBody()
        resumeReading()
    }

    func interimHead(_ head: ResponseHead, _ bytes: ByteBuffer) {
        // 100 is ours to give and was given; 102 and 103 mean something to the client (RFC 9110 §15.2, RFC 8297).
        guard head.status != 100, self.head.version == .http11, machine.status == 0 else { return }
        loop.scratch.removeAll(keepingCapacity: true)
        ResponseHeadWriter.write(
            head, bytes.readableBytesUInt8Span, ResponseEdits(), framing: .none, keepsAlive: true, into: &loop.scratch)
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: loop.scratch)), promise: nil)
    }

    func answerHead(_ answer: ResponseHead, _ bytes: ByteBuffer) -> BodyFramer.Output {
        guard let exchange = current else { return .framed }
        let edits = loop.gate.answered(answer, bytes.readableBytesUInt8Span, for: exchange.plan)
        let output = machine.answerBegan(
            answer, to: head, isDraining: loop.drain.mode >= .draining,
            idleLimit: exchange.upstream?.lane.bodyTimeout ?? .zero, at: loop.now)
        exchange.framesAnswer = machine.answerFraming == .chunked && output == .content
        began(exchange, isStream: machine.isStreaming)

        loop.scratch.removeAll(keepingCapacity: true)
        ResponseHeadWriter.write(
            answer, bytes.readableBytesUInt8Span, edits, framing: machine.answerFraming,
            keepsAlive: machine.answerKeepsAlive, clientVersion: head.version, into: &loop.scratch)
        var octets = ByteBuffer()
        octets.reserveCapacity(loop.scratch.count + min(bytes.readableBytes - answer.headBytes, Self.joinedBytes) + 32)
        octets.writeBytes(loop.scratch)
        exchange.outgoing = octets
        return output
    }

    private func began(_ exchange: CurrentExchange, isStream: Bool) {
        exchange.answerBegan(isStream: isStream)
        if isStream { loop.metrics.openStreams.increment() }
    }

    func answerBody(_ piece: ByteBuffer) {
        guard let exchange = current, piece.readableBytes > 0 else { return }
        exchange.answerBytes += piece.readableBytes
        if exchange.framesAnswer { exchange.write(ascii: String(piece.readableBytes, radix: 16) + "\r\n") }
        if piece.readableBytes <= Self.joinedBytes {
            exchange.write(piece)
        } else {
            writeOutgoing(exchange)
            context?.write(wrapOutboundOut(piece), promise: nil)
        }
        if exchange.framesAnswer { exchange.write(ascii: "\r\n") }
    }

    private func writeOutgoing(_ exchange: CurrentExchange) {
        guard let octets = exchange.outgoing else { return }
        exchange.outgoing = nil
        context?.write(wrapOutboundOut(octets), promise: nil)
    }

    func flushAnswer() {
        guard let exchange = current else { return }
        machine.answerProgressed(at: loop.now)
        writeOutgoing(exchange)
        flush()
    }

    func answerEnd(trailers: [UInt8]) {
        guard let exchange = current else { return }
        if exchange.framesAnswer {
            exchange.write(ascii: "0\r\n")
            exchange.write(ByteBuffer(bytes: trailers))
            exchange.write(ascii: "\r\n")
        }
        endAnswer(exchange, goesOn: machine.goesOn)
    }

    /// The answer is complete: it goes out, and the connection goes on or lingers. A failing write may close it meanwhile.
    private func endAnswer(_ exchange: CurrentExchange, goesOn: Bool) {
        exchange.upstream = nil
        writeOutgoing(exchange)
        finish(exchange, status: machine.status)
        guard goesOn else { return linger() }
        awaitHead()
        flush()
        advance()
        resumeReading()
    }

    func answerFailed(_ failure: UpstreamFailure) {
        guard let exchange = current, let connection = exchange.upstream else { return }
        exchange.upstream = nil
        // Nothing of an answer came: a connection that had been used before may just have been closed by a peer that was done with it.
        let isStale = connection.wasUsedBefore && !connection.hasAnswered
        failExchange(failure, mayRetry: isStale && exchange.plan.isRetryable)
    }

    func switched(_ answer: ResponseHead, _ bytes: ByteBuffer) {
        guard let exchange = current, exchange.plan.edits.allowsUpgrade, head.requestsUpgrade, machine.isRequestComplete
        else {
            return failExchange(.protocolViolation)
        }
        let edits = loop.gate.answered(answer, bytes.readableBytesUInt8Span, for: exchange.plan)
        loop.scratch.removeAll(keepingCapacity: true)
        ResponseHeadWriter.write(
            answer, bytes.readableBytesUInt8Span, edits, framing: .none, keepsAlive: true, into: &loop.scratch)
        machine.switchedProtocols()
        began(exchange, isStream: true)
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: loop.scratch)), promise: nil)
        if let early = input {
            input = nil
            exchange.upstream?.write(early)
            exchange.upstream?.flush()
        }
        resumeReading()
    }

    func tunnelled(_ octets: ByteBuffer) {
        current?.answerBytes += octets.readableBytes
        context?.writeAndFlush(wrapOutboundOut(octets), promise: nil)
    }

    /// Ends an answer that has no end of its own, where it may end: after an event, or with the connection.
    func endStream() {
        guard let exchange = current else { return close() }
        let upstream = exchange.upstream
        if machine.state == .exchanging, machine.answerFraming != .untilClose {
            // In the midst of a chunk, or short of a stated length, only a broken end is true.
            guard exchange.framesAnswer || upstream?.isBetweenChunks == true else { return abort() }
            exchange.write(ascii: "0\r\n\r\n")
        }
        endAnswer(exchange, goesOn: false)
        upstream?.abandon(by: self)
    }

    /// Ends the connection in a way that nobody takes for the answer's end: a reset where closing would mean just that.
    func abort() {
        if let exchange = current { writeOutgoing(exchange) }
        flushNow()
        if machine.answerFraming == .untilClose { context?.channel.resetsWhenClosed() }
        close()
    }
}

extension CurrentExchange {
    fileprivate func write(ascii text: String) {
        if outgoing == nil { outgoing = ByteBuffer() }
        outgoing?.writeString(text)
    }

    fileprivate func write(_ piece: ByteBuffer) {
        if outgoing == nil {
            outgoing = piece
        } else {
            outgoing?.writeImmutableBuffer(piece)
        }
    }
}
