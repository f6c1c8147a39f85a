// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Turns one HTTP/2 stream into one HTTP/1.1 exchange, octet for octet, so that streams enter the same gate by the same rules.
///
/// What could mean something else after the downgrade is malformed here (RFC 9113 §8.1.1, §8.2, §8.3): it is answered with 400, or
/// the stream is reset when its body turns out wrong, and nothing of it goes on. Answers come back as HTTP/1.1 octets of our own
/// and are read with the same scanner as an upstream's.
///
/// Bad events: frames after the end or after a refusal are a *harmless race* and dropped; a body that is not as long as was said is
/// the *peer's fault*, also when NIO's own check of it is off.
final class HTTP2StreamAdapter: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// Tells ``GatewayHandler`` of a field section that is no request.
    struct MalformedRequest: Sendable {
        let refusal: HTTPRefusal
    }

    private enum Inbound {
        case head
        /// What is still to come, or nil when no length was given and the body goes on in chunks.
        case body(remaining: Int?)
        case ended, refused
    }

    private enum Outbound { case head, body, ended }

    private var inbound = Inbound.head
    private var outbound = Outbound.head
    /// The peer has said END_STREAM.
    private var isRemoteDone = false
    private var method = HTTPMethod.other
    private var pending: ByteBuffer?
    private var scanner = ResponseHeadScanner()
    private var answer = ResponseHead()
    private var framer = BodyFramer(.none)
    /// The write of the answer's last frame: complete when flow control has let all of the answer go.
    private var lastWrite: EventLoopFuture<Void>?

    // MARK: request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let payload):
            isRemoteDone = payload.endStream
            switch inbound {
            case .head: readHead(context, payload)
            case .body(let remaining):
                // Trailers end the body; they are not passed on (defence D12).
                guard payload.endStream else { return refuseBody(context) }
                endBody(context, remaining: remaining)
            case .ended, .refused: break
            }
        case .data(let payload):
            isRemoteDone = payload.endStream
            guard case .body(let remaining) = inbound, case .byteBuffer(let octets) = payload.data else { return }
            readBody(context, octets, remaining: remaining)
            if payload.endStream, case .body(let remaining) = inbound { endBody(context, remaining: remaining) }
        default: break
        }
    }

    private func readHead(_ context: ChannelHandlerContext, _ payload: HTTP2Frame.FramePayload.Headers) {
        do throws(HTTPRefusal) {
            let head = try HTTP2RequestHead.write(payload.headers, endsStream: payload.endStream)
            method = head.method
            inbound = payload.endStream ? .ended : .body(remaining: head.contentLength)
            context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: head.octets)))
        } catch {
            inbound = .refused
            context.fireUserInboundEventTriggered(MalformedRequest(refusal: error))
        }
    }

    private func readBody(_ context: ChannelHandlerContext, _ octets: ByteBuffer, remaining: Int?) {
        guard octets.readableBytes > 0 else { return }
        guard let remaining else { return context.fireChannelRead(wrapInboundOut(Self.chunk(octets))) }
        guard octets.readableBytes <= remaining else { return refuseBody(context) }
        inbound = .body(remaining: remaining - octets.readableBytes)
        context.fireChannelRead(wrapInboundOut(octets))
    }

    private func endBody(_ context: ChannelHandlerContext, remaining: Int?) {
        guard remaining ?? 0 == 0 else { return refuseBody(context) }
        inbound = .ended
        if remaining == nil { context.fireChannelRead(wrapInboundOut(ByteBuffer(staticString: "0\r\n\r\n"))) }
    }

    private static func chunk(_ octets: ByteBuffer) -> ByteBuffer {
        var framed = ByteBuffer()
        framed.reserveCapacity(octets.readableBytes + 20)
        framed.writeString(String(octets.readableBytes, radix: 16))
        framed.writeStaticString("\r\n")
        framed.writeImmutableBuffer(octets)
        framed.writeStaticString("\r\n")
        return framed
    }

    private func refuseBody(_ context: ChannelHandlerContext) {
        inbound = .refused
        reset(context, .protocolError)
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
                case .refused: return reset(context, .internalError)
                case .complete:
                    pending?.moveReaderIndex(forwardBy: answer.headBytes)
                    writeHead(context, buffer)
                }
            case .body: guard writeBody(context, buffer) else { return }
            }
        }
        pending = nil
    }

    private func writeHead(_ context: ChannelHandlerContext, _ buffer: ByteBuffer) {
        let octets = buffer.readableBytesUInt8Span
        var headers = HPACKHeaders()
        headers.reserveCapacity(answer.fields.count + 1)
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
        outbound = ends ? .ended : .body
        context.write(
            wrapOutboundOut(.headers(.init(headers: headers, endStream: ends))),
            promise: ends ? lastPromise(context) : nil)
    }

    private func writeBody(_ context: ChannelHandlerContext, _ buffer: ByteBuffer) -> Bool {
        // One piece is held back, so that the last one can say that it is the last.
        var last: ByteBuffer?
        let consumed: Int
        do throws(HTTPRefusal) {
            consumed = try framer.consume(buffer.readableBytesUInt8Span) { piece in
                if let last { writeData(context, last, endStream: false) }
                switch piece {
                case .input(let range): last = buffer.part(range)
                case .made(let octets): last = ByteBuffer(bytes: octets)
                }
            }
        } catch {
            reset(context, .internalError)
            return false
        }
        pending?.moveReaderIndex(forwardBy: consumed)
        let trailers = framer.isComplete ? trailerHeaders() : HPACKHeaders()
        let endsWithData = framer.isComplete && trailers.isEmpty
        if framer.isComplete { outbound = .ended }
        if let data = last ?? (endsWithData ? ByteBuffer() : nil) {
            writeData(context, data, endStream: endsWithData)
        }
        if !trailers.isEmpty {
            context.write(
                wrapOutboundOut(.headers(.init(headers: trailers, endStream: true))), promise: lastPromise(context))
        }
        return true
    }

    private func writeData(_ context: ChannelHandlerContext, _ octets: ByteBuffer, endStream: Bool) {
        context.write(
            wrapOutboundOut(.data(.init(data: .byteBuffer(octets), endStream: endStream))),
            promise: endStream ? lastPromise(context) : nil)
    }

    private func lastPromise(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
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

    // MARK: the end

    private func reset(_ context: ChannelHandlerContext, _ code: HTTP2ErrorCode) {
        outbound = .ended
        pending = nil
        context.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
        context.close(promise: nil)
    }

    /// The gate ends its side after a complete answer: what remains of the request is not wanted (RFC 9113 §8.1).
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard case .output = mode else { return context.close(mode: mode, promise: promise) }
        guard case .ended = outbound else { return context.close(promise: promise) }
        // A reset, as closing is one, drops what flow control still holds back of the answer: it waits for the last frame.
        let written = lastWrite ?? context.eventLoop.makeSucceededVoidFuture()
        if isRemoteDone { return written.cascade(to: promise) }
        written.assumeIsolated().whenComplete { [self] _ in
            context.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
            context.close(promise: promise)
        }
    }
}
