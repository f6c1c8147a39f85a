// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Turns one HTTP/2 stream into one HTTP/1.1 exchange, octet for octet, so that streams enter the same gate by the same rules.
///
/// What could mean something else after the downgrade is malformed here (RFC 9113 §8.1.1, §8.2, §8.3): the stream is reset and nothing
/// of it goes on. Answers come back as HTTP/1.1 octets of our own and are read with the same scanner as an upstream's.
final class HTTP2StreamAdapter: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum Inbound { case head, body(isChunked: Bool), ended, refused }
    private enum Outbound { case head, body, ended }

    private var inbound = Inbound.head
    private var outbound = Outbound.head
    private var method = HTTPMethod.other
    private var pending: ByteBuffer?
    private var scanner = ResponseHeadScanner()
    private var answer = ResponseHead()
    private var framer = BodyFramer(.none)
    /// The write of the answer's last frame, kept when the answer ends before the request does.
    private var lastWrite: EventLoopFuture<Void>?

    // MARK: request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), inbound) {
        case (.headers(let payload), .head):
            guard let head = HTTP2RequestHead.write(payload.headers, endsStream: payload.endStream) else {
                return refuse(context)
            }
            method = head.method
            inbound = payload.endStream ? .ended : .body(isChunked: head.isChunked)
            context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: head.octets)))
        case (.headers(let payload), .body(let isChunked)):
            // Trailers end the body; they are not passed on (defence D12).
            guard payload.endStream else { return refuse(context) }
            end(context, isChunked: isChunked)
        case (.data(let payload), .body(let isChunked)):
            guard case .byteBuffer(let octets) = payload.data else { return refuse(context) }
            if octets.readableBytes > 0 {
                context.fireChannelRead(wrapInboundOut(isChunked ? Self.chunk(octets) : octets))
            }
            if payload.endStream { end(context, isChunked: isChunked) }
        default: break
        }
    }

    private func end(_ context: ChannelHandlerContext, isChunked: Bool) {
        inbound = .ended
        if isChunked { context.fireChannelRead(wrapInboundOut(ByteBuffer(string: "0\r\n\r\n"))) }
    }

    private static func chunk(_ octets: ByteBuffer) -> ByteBuffer {
        var framed = ByteBuffer(string: String(octets.readableBytes, radix: 16) + "\r\n")
        framed.writeImmutableBuffer(octets)
        framed.writeStaticString("\r\n")
        return framed
    }

    private func refuse(_ context: ChannelHandlerContext) {
        inbound = .refused
        outbound = .ended
        context.writeAndFlush(wrapOutboundOut(.rstStream(.protocolError)), promise: nil)
        context.close(promise: nil)
    }

    // MARK: answer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let octets = unwrapOutboundIn(data)
        if pending == nil {
            pending = octets
        } else {
            pending?.writeImmutableBuffer(octets)
        }
        translate(context)
        promise?.succeed(())
    }

    private func translate(_ context: ChannelHandlerContext) {
        while let buffer = pending, buffer.readableBytes > 0 {
            switch outbound {
            case .ended:
                pending = nil
                return
            case .head:
                switch scanner.scan(buffer.readableBytesUInt8Span, answering: method, into: &answer) {
                case .incomplete: return
                case .refused: return abort(context)
                case .complete:
                    writeHead(context, buffer)
                    pending?.moveReaderIndex(forwardBy: answer.headBytes)
                }
            case .body: guard writeBody(context, buffer) else { return }
            }
        }
        if pending?.readableBytes == 0 { pending = nil }
    }

    private func writeHead(_ context: ChannelHandlerContext, _ buffer: ByteBuffer) {
        let octets = buffer.readableBytesUInt8Span
        var headers = HPACKHeaders()
        headers.add(name: ":status", value: String(answer.status))
        for field in answer.fields {
            switch field.id {
            case .connection, .transferEncoding, .keepAlive, .upgrade, .proxyConnection: continue
            default: headers.add(name: octets.text(at: field.name).lowercased(), value: octets.text(at: field.value))
            }
        }
        if answer.isInterim {
            context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
            return
        }
        framer = BodyFramer(answer.framing, output: .content, keepsTrailers: true)
        let ends = framer.isComplete
        let promise = ends ? lastPromise(context) : nil
        context.write(wrapOutboundOut(.headers(.init(headers: headers, endStream: ends))), promise: promise)
        outbound = ends ? .ended : .body
    }

    private func writeBody(_ context: ChannelHandlerContext, _ buffer: ByteBuffer) -> Bool {
        var pieces: [BodyFramer.Piece] = []
        guard let consumed = try? framer.consume(buffer.readableBytesUInt8Span, emit: { pieces.append($0) }) else {
            abort(context)
            return false
        }
        for case .input(let range) in pieces {
            if let slice = buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count) {
                context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(slice)))), promise: nil)
            }
        }
        pending?.moveReaderIndex(forwardBy: consumed)
        if framer.isComplete {
            outbound = .ended
            let trailers = trailerHeaders()
            let last: HTTP2Frame.FramePayload =
                trailers.isEmpty
                ? .data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))
                : .headers(.init(headers: trailers, endStream: true))
            context.write(wrapOutboundOut(last), promise: lastPromise(context))
        }
        return true
    }

    private func lastPromise(_ context: ChannelHandlerContext) -> EventLoopPromise<Void>? {
        guard case .body = inbound else { return nil }
        let promise = context.eventLoop.makePromise(of: Void.self)
        lastWrite = promise.futureResult
        return promise
    }

    private func trailerHeaders() -> HPACKHeaders {
        var headers = HPACKHeaders()
        for line in String(decoding: framer.trailers, as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.add(name: line[..<colon].lowercased(), value: String(value))
        }
        return headers
    }

    private func abort(_ context: ChannelHandlerContext) {
        outbound = .ended
        context.writeAndFlush(wrapOutboundOut(.rstStream(.internalError)), promise: nil)
        context.close(promise: nil)
    }

    /// The gate ends its side after a complete answer: what remains of the request is not wanted (RFC 9113 §8.1).
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard case .output = mode else { return context.close(mode: mode, promise: promise) }
        if case .ended = outbound, case .body = inbound {
            // A reset drops what flow control still holds back of the answer: it waits for the last frame.
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            (lastWrite ?? context.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
                bound.value.writeAndFlush(NIOAny(HTTP2Frame.FramePayload.rstStream(.noError)), promise: nil)
                bound.value.close(promise: promise)
            }
        } else if case .ended = outbound {
            promise?.succeed(())
        } else {
            context.close(promise: promise)
        }
    }
}
