// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateObserve
import NIOCore

/// RESPOND: the answer's way to the client, as it arrives.
extension GatewayHandler: UpstreamConnectionOwner {
    var takesAnswer: Bool { context?.channel.isWritable ?? true }

    func upstreamBecameWritable() {
        sendRequestBody()
        resumeReading()
    }

    func interimHead(_ head: ResponseHead, _ bytes: ByteBuffer) {
        // 100 is ours to give and was given; 102 and 103 mean something to the client (RFC 9110 §15.2, RFC 8297).
        guard head.status != 100, self.head.version == .http11, current?.status == 0 else { return }
        loop.scratch.removeAll(keepingCapacity: true)
        ResponseHeadWriter.write(
            head, bytes.readableBytesUInt8Span, ResponseEdits(), framing: .none, keepsAlive: true, into: &loop.scratch)
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: loop.scratch)), promise: nil)
    }

    func answerHead(_ answer: ResponseHead, _ bytes: ByteBuffer) -> BodyFramer.Output {
        guard let exchange = current else { return .framed }
        let edits = loop.gate.answered(answer, bytes.readableBytesUInt8Span, for: exchange.plan)
        // What ends with the upstream's connection goes on in chunks, so that a broken end can be told from a whole answer.
        let framing: BodyFraming =
            switch answer.framing {
            case .untilClose, .chunked: head.version == .http11 ? .chunked : .untilClose
            case .none, .length: answer.framing
            }
        exchange.isAnswerChunked = framing == .chunked && answer.framing == .untilClose
        exchange.answerKeepsAlive =
            head.keepsAlive && framing != .untilClose && exchange.isRequestComplete && loop.drain.mode == .serving
        exchange.status = answer.status
        exchange.isEventStream = answer.isEventStream
        deadline = .distantFuture

        loop.scratch.removeAll(keepingCapacity: true)
        ResponseHeadWriter.write(
            answer, bytes.readableBytesUInt8Span, edits, framing: framing, keepsAlive: exchange.answerKeepsAlive,
            clientVersion: head.version, into: &loop.scratch)
        var octets = ByteBuffer()
        octets.reserveCapacity(loop.scratch.count + min(bytes.readableBytes, 8 * 1_024))
        octets.writeBytes(loop.scratch)
        exchange.outgoing = octets
        return answer.framing == .chunked && framing != .chunked ? .content : .framed
    }

    func answerBody(_ piece: ByteBuffer) {
        guard current != nil else { return }
        current?.answerBytes += piece.readableBytes
        if current?.isAnswerChunked == true {
            var framed = ByteBuffer(string: String(piece.readableBytes, radix: 16) + "\r\n")
            framed.writeImmutableBuffer(piece)
            framed.writeStaticString("\r\n")
            append(framed)
        } else {
            append(piece)
        }
    }

    /// Small pieces are joined, large ones go out as they are.
    private func append(_ piece: ByteBuffer) {
        if piece.readableBytes <= 8 * 1_024 {
            if current?.outgoing == nil {
                current?.outgoing = piece
            } else {
                current?.outgoing?.writeImmutableBuffer(piece)
            }
        } else {
            writeOutgoing()
            context?.write(wrapOutboundOut(piece), promise: nil)
        }
    }

    private func writeOutgoing() {
        guard let octets = current?.outgoing else { return }
        current?.outgoing = nil
        context?.write(wrapOutboundOut(octets), promise: nil)
    }

    func flushAnswer() {
        writeOutgoing()
        context?.flush()
    }

    func answerEnd(trailers: [UInt8]) {
        guard let exchange = current else { return }
        if state == .tunnelling {
            current = nil
            loop.gate.finished(exchange.plan.exchange, status: exchange.status, answerBytes: exchange.answerBytes)
            return linger()
        }
        if exchange.isAnswerChunked {
            let last = ByteBuffer(string: "0\r\n\r\n")
            append(last)
        }
        finishAnswer()
        guard exchange.answerKeepsAlive, exchange.isRequestComplete else { return linger() }
        awaitHead()
        advance()
        resumeReading()
    }

    func answerFailed(_ failure: UpstreamFailure) {
        guard let exchange = current else { return }
        // Nothing of an answer came: a connection that had been used before may just have been closed by a peer that was done with it.
        if exchange.status == 0, let connection = exchange.upstream, connection.wasUsedBefore, !connection.hasAnswered,
            exchange.plan.isRetryable, !exchange.isSecondTry
        {
            current?.isSecondTry = true
            current?.upstream = nil
            loop.metrics.upstreamRetries.increment()
            return connect(fresh: true)
        }
        current?.upstream = nil
        if exchange.status != 0 { flushAnswer() }
        failExchange(failure)
    }

    func switched(_ answer: ResponseHead, _ bytes: ByteBuffer) {
        guard let exchange = current, exchange.plan.edits.allowsUpgrade, head.requestsUpgrade,
            exchange.isRequestComplete
        else {
            return failExchange(.protocolViolation)
        }
        let edits = loop.gate.answered(answer, bytes.readableBytesUInt8Span, for: exchange.plan)
        loop.scratch.removeAll(keepingCapacity: true)
        ResponseHeadWriter.write(
            answer, bytes.readableBytesUInt8Span, edits, framing: .none, keepsAlive: true, into: &loop.scratch)
        current?.status = 101
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: loop.scratch)), promise: nil)
        guard state != .closed else { return }
        state = .tunnelling
        deadline = .distantFuture
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

    /// Ends a streaming answer where it may end: a chunked body gets its last chunk, anything else ends with the connection.
    func endStream() {
        guard let exchange = current, exchange.status != 0, exchange.isEventStream else { return }
        if head.version == .http11 {
            // In the midst of a chunk, or short of a stated length, only a broken end is true.
            guard exchange.isAnswerChunked || exchange.upstream?.isBetweenChunks == true else { return close() }
            append(ByteBuffer(string: "0\r\n\r\n"))
        }
        exchange.upstream?.abandon()
        finishAnswer()
        linger()
    }

    /// Sends what is left of the answer. The exchange is over before that, because the last octets may end the connection (or stream).
    private func finishAnswer() {
        writeOutgoing()
        guard let exchange = current else { return }
        current = nil
        loop.gate.finished(exchange.plan.exchange, status: exchange.status, answerBytes: exchange.answerBytes)
        context?.flush()
    }
}
