// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import NIOCore

/// FORWARD: the request's way to the upstream.
extension GatewayHandler {
    func begin(_ plan: ForwardPlan, _ octets: ByteBuffer) {
        let inspects = plan.inspectsBodyUpTo != nil
        let exchange = CurrentExchange(
            plan: plan, head: octets, framer: BodyFramer(head.framing, output: inspects ? .content : .framed))
        exchange.bodyStartedAt = .now()
        exchange.isRequestComplete = exchange.framer.isComplete
        current = exchange
        if let limit = plan.inspectsBodyUpTo, case .length(let length) = head.framing, length > UInt64(limit) {
            return failExchange(.requestBodyTooLarge)
        }
        if head.expectsContinue, !exchange.framer.isComplete {
            let interim = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
            context?.writeAndFlush(wrapOutboundOut(interim), promise: nil)
            guard state != .closed else { return }
        }
        guard inspects else { return connect() }
        state = .collecting
        deadline = bodyDeadline()
    }

    /// Collects the body that must be read before a single octet goes on; true when it is complete and something came of it.
    func collect() -> Bool {
        guard let exchange = current, let limit = exchange.plan.inspectsBodyUpTo else { return false }
        if case .length(let length) = head.framing {
            // The octets stay where they are until all are here.
            guard (input?.readableBytes ?? 0) >= Int(length) else {
                deadline = bodyDeadline()
                return false
            }
            exchange.collected = input?.readSlice(length: Int(length))
        } else if !exchange.framer.isComplete {
            guard let buffer = input else { return false }
            var collected = exchange.collected ?? ByteBuffer()
            exchange.collected = nil
            current?.collected = nil
            let consumed: Int
            do throws(HTTPRefusal) {
                consumed = try exchange.framer.consume(buffer.readableBytesUInt8Span) { piece in
                    if case .input(let range) = piece {
                        if let slice = buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count) {
                            collected.writeImmutableBuffer(slice)
                        }
                    }
                }
            } catch {
                failExchange(.requestBodyBroken(error))
                return false
            }
            input?.moveReaderIndex(forwardBy: consumed)
            exchange.bodyBytes = collected.readableBytes
            exchange.collected = collected
            guard collected.readableBytes <= limit else {
                failExchange(.requestBodyTooLarge)
                return false
            }
            guard exchange.framer.isComplete else {
                if input?.readableBytes == 0 { input = nil }
                deadline = bodyDeadline()
                return false
            }
        }
        if input?.readableBytes == 0 { input = nil }
        exchange.isRequestComplete = true
        let body = exchange.collected ?? ByteBuffer()
        exchange.collected = body
        if let refusal = loop.gate.inspect(body.readableBytesUInt8Span, for: exchange.plan) {
            current = nil
            send(refusal, closing: false)
            loop.gate.finished(exchange.plan.exchange, status: refusal.status, answerBytes: refusal.body.count)
        } else {
            connect()
        }
        return state == .head || state == .exchanging
    }

    private func bodyDeadline() -> NIODeadline {
        guard let exchange = current else { return .distantFuture }
        let received = max(exchange.bodyBytes, input?.readableBytes ?? 0)
        let earned = TimeAmount.seconds(Int64(received / max(1, loop.timeouts.minimumBodyRate)))
        let average = exchange.bodyStartedAt + loop.timeouts.body + earned
        return min(average, .now() + loop.timeouts.body)
    }

    func connect(fresh: Bool = false) {
        guard let exchange = current else { return }
        state = .connecting
        deadline = .distantFuture
        let identity = ObjectIdentifier(exchange.plan.exchange)
        let connection = loop.pool.take(exchange.plan.destination, fresh: fresh) { [weak self] result in
            guard let self, self.state == .connecting, let current = self.current,
                ObjectIdentifier(current.plan.exchange) == identity
            else {
                // The client left while the connection was being made: it serves somebody else.
                if case .success(let unused) = result { unused.close() }
                return
            }
            switch result {
            case .success(let connection):
                self.start(connection)
                self.advance()
                self.resumeReading()
            case .failure(let unavailable): self.failExchange(unavailable.failure)
            }
        }
        if let connection { start(connection) }
    }

    /// Writes the head, and as much of the body as is here, in one go.
    private func start(_ connection: UpstreamConnection) {
        guard let exchange = current else { return connection.close() }
        state = .exchanging
        exchange.upstream = connection
        connection.begin(self, method: head.method)

        loop.scratch.removeAll(keepingCapacity: true)
        let framing: BodyFraming? = exchange.collected.map {
            $0.readableBytes == 0 ? .none : .length(UInt64($0.readableBytes))
        }
        let received = exchange.head
        RequestHeadWriter.write(
            head, received.readableBytesUInt8Span, exchange.plan.edits, framing: framing, into: &loop.scratch)
        let body = exchange.collected
        let joins = (body?.readableBytes ?? 0) <= 16 * 1_024
        var octets = ByteBuffer()
        octets.reserveCapacity(loop.scratch.count + (joins ? body?.readableBytes ?? 0 : 0))
        octets.writeBytes(loop.scratch)
        if let body, joins { octets.writeImmutableBuffer(body) }
        connection.write(octets)
        if let body, !joins { connection.write(body) }
        if exchange.isRequestComplete {
            requestSent(connection)
        } else {
            deadline = bodyDeadline()
        }
        connection.flush()
    }

    private func requestSent(_ connection: UpstreamConnection) {
        connection.requestSent()
        // An answer that began before the request ended may take as long as it likes.
        guard current?.status == 0 else { return }
        deadline = .now() + (connection.key.configuration?.headTimeout ?? .seconds(60))
    }

    /// Passes on what has arrived of the body.
    func sendRequestBody() {
        guard let exchange = current, let connection = exchange.upstream, !exchange.isRequestComplete,
            let buffer = input
        else { return }
        var pieces: [BodyFramer.Piece] = []
        let consumed: Int
        do throws(HTTPRefusal) {
            consumed = try exchange.framer.consume(buffer.readableBytesUInt8Span) { pieces.append($0) }
        } catch {
            return failExchange(.requestBodyBroken(error))
        }
        for piece in pieces {
            switch piece {
            case .input(let range):
                if let slice = buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count) {
                    connection.write(slice)
                }
            case .made(let octets): connection.write(ByteBuffer(bytes: octets))
            }
        }
        input?.moveReaderIndex(forwardBy: consumed)
        if input?.readableBytes == 0 { input = nil }
        exchange.bodyBytes += consumed
        exchange.isRequestComplete = exchange.framer.isComplete
        if exchange.isRequestComplete {
            requestSent(connection)
        } else if exchange.status == 0 {
            deadline = bodyDeadline()
        }
        connection.flush()
    }

    /// The exchange cannot be finished: a problem document while nothing was answered, else the connection ends.
    func failExchange(_ failure: UpstreamFailure) {
        guard let exchange = current else { return close() }
        if exchange.status != 0 { return close() }
        current = nil
        exchange.upstream?.abandon()
        let response = loop.gate.failed(failure, for: exchange.plan)
        send(response, closing: !exchange.isRequestComplete)
        loop.gate.finished(exchange.plan.exchange, status: response.status, answerBytes: response.body.count)
        advance()
        resumeReading()
    }
}
