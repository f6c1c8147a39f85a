// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateObserve
import NIOCore

/// FORWARD: the request's way to the upstream.
extension GatewayHandler {
    func begin(_ plan: ForwardPlan, _ octets: ByteBuffer) {
        let isInspected = plan.inspectsBodyUpTo != nil
        let exchange = CurrentExchange(
            plan: plan, head: octets, framer: BodyFramer(head.framing, output: isInspected ? .content : .framed))
        current = exchange
        let hasBody = !exchange.framer.isComplete
        machine.admitted(hasBody: hasBody, isInspected: isInspected, at: loop.now)
        if let limit = plan.inspectsBodyUpTo, case .length(let length) = head.framing, length > UInt64(limit) {
            return failExchange(.requestBodyTooLarge)
        }
        // Who sent the body along does not wait for this (RFC 9110 §10.1.1).
        if head.expectsContinue, hasBody, input == nil {
            context?.writeAndFlush(
                wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
        if !isInspected { connect() }
    }

    // MARK: bodies that are inspected

    /// AUTHORIZE: takes in the body that must be read before one octet goes on; true when it is complete and was judged.
    func collect() -> Bool {
        guard let exchange = current, let limit = exchange.plan.inspectsBodyUpTo else { return false }
        if case .length(let length) = head.framing {
            // The octets stay where they are until all are here.
            let received = min(input?.readableBytes ?? 0, Int(length))
            guard hold(received, of: exchange) else { return false }
            guard received == Int(length) else {
                machine.collected(received, isComplete: false, at: loop.now)
                return false
            }
            exchange.collected = take(Int(length))
        } else if !exchange.framer.isComplete {
            guard collectChunks(exchange, upTo: limit) else { return false }
        }
        let body = exchange.collected ?? ByteBuffer()
        exchange.collected = body
        machine.collected(body.readableBytes, isComplete: true, at: loop.now)
        if let refusal = loop.gate.inspect(body.readableBytesUInt8Span, for: exchange.plan) {
            finish(exchange, status: refusal.status, answerBytes: refusal.body.count)
            send(refusal, answering: head.method, closing: false)
        } else {
            connect()
        }
        return true
    }

    /// False while the last chunk is missing, and when the body cannot be taken in.
    private func collectChunks(_ exchange: CurrentExchange, upTo limit: Int) -> Bool {
        guard let buffer = input else { return false }
        var collected = exchange.collected ?? ByteBuffer()
        exchange.collected = nil
        var framer = exchange.framer
        let consumed: Int
        do throws(HTTPRefusal) {
            consumed = try framer.consume(buffer.readableBytesUInt8Span) { piece in
                if case .input(let range) = piece { collected.writeImmutableBuffer(buffer.part(range)) }
            }
        } catch {
            failExchange(.requestBodyBroken(error))
            return false
        }
        _ = take(consumed)
        exchange.framer = framer
        exchange.collected = collected
        guard collected.readableBytes <= limit else {
            failExchange(.requestBodyTooLarge)
            return false
        }
        guard hold(collected.readableBytes, of: exchange) else { return false }
        if framer.isComplete { return true }
        machine.collected(collected.readableBytes, isComplete: false, at: loop.now)
        return false
    }

    /// Counts what is held of a body; false when there is no room for it, and the exchange has failed.
    private func hold(_ octets: Int, of exchange: CurrentExchange) -> Bool {
        let more = octets - exchange.reserved
        guard more > 0 else { return true }
        guard loop.collections.take(more) else {
            failExchange(.bodiesFull)
            return false
        }
        exchange.reserved = octets
        return true
    }

    /// The connection has the body now.
    ///
    /// - Returns: what ends its being counted.
    private func handOver(_ exchange: CurrentExchange) -> @Sendable () -> Void {
        let octets = exchange.reserved
        exchange.reserved = 0
        return { [collections = loop.collections] in collections.give(back: octets) }
    }

    func letGo(of exchange: CurrentExchange) {
        guard exchange.reserved > 0 else { return }
        loop.collections.give(back: exchange.reserved)
        exchange.reserved = 0
    }

    // MARK: the upstream's connection

    func connect(fresh: Bool = false) {
        guard let exchange = current else { return }
        machine.connecting()
        switch loop.pool.take(exchange.plan, fresh: fresh, for: self) {
        case .connection(let connection): start(connection)
        case .waiting(let ticket): exchange.ticket = ticket
        case .failed(let failure): failExchange(failure)
        }
    }

    /// Writes the head, and as much of the body as is here, in one go.
    private func start(_ connection: UpstreamConnection) {
        guard let exchange = current else { return connection.giveBackUnused() }
        exchange.upstream = connection
        connection.begin(self, method: head.method)

        let body = exchange.collected
        let framing: BodyFraming? = body.map { $0.readableBytes == 0 ? .none : .length(UInt64($0.readableBytes)) }
        loop.scratch.removeAll(keepingCapacity: true)
        RequestHeadWriter.write(
            head, exchange.head.readableBytesUInt8Span, exchange.plan.edits, framing: framing, into: &loop.scratch)
        let joined = body.map { $0.readableBytes <= Self.joinedBytes ? $0.readableBytes : 0 } ?? 0
        var octets = ByteBuffer()
        octets.reserveCapacity(loop.scratch.count + joined)
        octets.writeBytes(loop.scratch)
        if let body, joined > 0 { octets.writeImmutableBuffer(body) }
        connection.write(octets)
        if let body, joined == 0, body.readableBytes > 0 {
            connection.write(body, then: handOver(exchange))
        } else {
            // No more than any connection may hold of a body that is not inspected.
            letGo(of: exchange)
        }
        // Nobody is asked for it again: what has a body that is inspected is not sent twice.
        exchange.collected = nil

        machine.forwarding(headTimeout: connection.lane.headTimeout, at: loop.now)
        if machine.isRequestComplete {
            connection.requestSent()
            connection.flush()
        } else if input == nil {
            connection.flush()
        } else {
            sendRequestBody()
        }
    }

    /// Up to this size a body goes out in one buffer with its head.
    private static var joinedBytes: Int { 16 * 1_024 }

    /// Passes on what has arrived of the body.
    func sendRequestBody() {
        guard let exchange = current, let connection = exchange.upstream, !machine.isRequestComplete, let buffer = input
        else { return }
        var framer = exchange.framer
        let consumed: Int
        do throws(HTTPRefusal) {
            consumed = try framer.consume(buffer.readableBytesUInt8Span) { piece in
                switch piece {
                case .input(let range): connection.write(buffer.part(range))
                case .made(let octets): connection.write(ByteBuffer(bytes: octets))
                }
            }
        } catch {
            return failExchange(.requestBodyBroken(error))
        }
        _ = take(consumed)
        exchange.framer = framer
        machine.passedOn(
            consumed, isComplete: framer.isComplete, headTimeout: connection.lane.headTimeout, at: loop.now)
        if framer.isComplete { connection.requestSent() }
        connection.flush()
    }

    /// The exchange cannot be finished: a problem document while nothing was answered, else the connection ends.
    func failExchange(_ failure: UpstreamFailure, mayRetry: Bool = false) {
        guard let exchange = current else { return close() }
        switch machine.failed(mayRetry: mayRetry) {
        case .retry:
            exchange.upstream = nil
            loop.metrics.upstreamRetries.increment()
            connect(fresh: true)
        case .abort: abort()
        case .answer:
            let isComplete = machine.isRequestComplete
            let response = loop.gate.failed(failure, for: exchange.plan)
            finish(exchange, status: response.status, answerBytes: response.body.count)
            send(response, answering: head.method, closing: !isComplete)
            advance()
            resumeReading()
        }
    }
}

extension GatewayHandler: UpstreamTaker {
    func upstreamReady(_ connection: UpstreamConnection) {
        current?.ticket = nil
        start(connection)
        advance()
        resumeReading()
    }

    func upstreamUnavailable(_ failure: UpstreamFailure) {
        current?.ticket = nil
        failExchange(failure)
    }
}

extension ByteBuffer {
    /// The octets at a range that counts from the reader index, without copying them.
    func part(_ range: Range<Int>) -> ByteBuffer {
        getSlice(at: readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}
