// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL

/// An HTTP/2 client with prior knowledge (RFC 9113 §3.3) that sends what it is told, sound or not.
final class HTTP2Client: Sendable {
    let channel: any Channel
    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    let isEnded: Watched<Bool>

    private init(
        channel: any Channel, multiplexer: NIOHTTP2Handler.StreamMultiplexer, isEnded: Watched<Bool>
    ) {
        self.channel = channel
        self.multiplexer = multiplexer
        self.isEnded = isEnded
    }

    /// - Parameter window: how many octets it takes without having read them; the protocol's 65,535 when nil.
    static func connect(
        port: Int, tls: NIOSSLContext? = nil, receiveBuffer: Int? = nil, window: Int? = nil
    ) async throws -> HTTP2Client {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.headerBlockValidation = .disabled
        connection.contentLengthValidation = .disabled
        var stream = NIOHTTP2Handler.StreamConfiguration()
        if let window {
            connection.initialSettings.append(HTTP2Setting(parameter: .initialWindowSize, value: window))
            stream.targetWindowSize = window
        }
        let (settings, streams) = (connection, stream)
        let isEnded = Watched(false)
        let made = Watched<NIOHTTP2Handler.StreamMultiplexer?>(nil)
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let receiveBuffer { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer) }
        let channel =
            try await bootstrap
            .channelInitializer { channel in
                channel.closeFuture.whenComplete { _ in isEnded.update { $0 = true } }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    let multiplexer = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
                        mode: .client, connectionConfiguration: settings, streamConfiguration: streams
                    ) { stream in stream.eventLoop.makeSucceededVoidFuture() }
                    made.update { $0 = multiplexer }
                }
            }.connect(host: "127.0.0.1", port: port).get()
        guard let multiplexer = made.value else { throw Peer.Ended(description: "no multiplexer") }
        if let window {
            let frame = HTTP2Frame(streamID: .rootStream, payload: .windowUpdate(windowSizeIncrement: window - 65_535))
            try await channel.writeAndFlush(frame)
        }
        return HTTP2Client(channel: channel, multiplexer: multiplexer, isEnded: isEnded)
    }

    /// Opens a stream with this field section.
    func request(_ fields: [(String, String)], endStream: Bool = true) async throws -> Stream {
        let made = Watched<Stream?>(nil)
        let promise = channel.eventLoop.makePromise(of: (any Channel).self)
        multiplexer.createStreamChannel(promise: promise) { channel in
            channel.eventLoop.makeCompletedFuture {
                let stream = try Stream(configuring: channel)
                made.update { $0 = stream }
            }
        }
        _ = try await promise.futureResult.get()
        guard let stream = made.value else { throw Peer.Ended(description: "no stream") }
        stream.send(.headers(.init(headers: HPACKHeaders(fields), endStream: endStream)))
        return stream
    }

    func get(_ path: String, _ more: [(String, String)] = []) async throws -> Stream {
        try await request([(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "a")] + more)
    }

    func close() async throws { try await channel.close() }

    final class Stream: Sendable {
        struct Received: Sendable {
            var heads: [[String: String]] = []
            var body: [UInt8] = []
            var isEnded = false
            /// Reset, or closed without an end.
            var isBroken = false
            var status: String? { heads.last { $0[":status"] != nil }?[":status"] }
            var text: String { String(decoding: body, as: UTF8.self) }
        }

        private final class Collector: ChannelInboundHandler {
            typealias InboundIn = HTTP2Frame.FramePayload

            let received: Watched<Received>
            init(_ received: Watched<Received>) { self.received = received }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                switch unwrapInboundIn(data) {
                case .headers(let payload):
                    let head = [String: String](
                        payload.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $0 + ", " + $1 })
                    received.update {
                        $0.heads.append(head)
                        $0.isEnded = $0.isEnded || payload.endStream
                    }
                case .data(let payload):
                    guard case .byteBuffer(let octets) = payload.data else { return }
                    received.update {
                        $0.body += Array(buffer: octets)
                        $0.isEnded = $0.isEnded || payload.endStream
                    }
                case .rstStream: received.update { $0.isBroken = true }
                default: break
                }
            }

            func channelInactive(context: ChannelHandlerContext) {
                received.update { if !$0.isEnded { $0.isBroken = true } }
            }

            func errorCaught(context: ChannelHandlerContext, error: any Error) {
                received.update { if !$0.isEnded { $0.isBroken = true } }
            }
        }

        private let channel: any Channel
        let received = Watched(Received())

        init(configuring channel: any Channel) throws {
            self.channel = channel
            try channel.pipeline.syncOperations.addHandler(Collector(received))
        }

        func send(_ payload: HTTP2Frame.FramePayload) { channel.writeAndFlush(payload, promise: nil) }

        func send(_ text: String, endStream: Bool = false) {
            send(.data(.init(data: .byteBuffer(ByteBuffer(string: text)), endStream: endStream)))
        }

        func reset() { send(.rstStream(.cancel)) }

        func setReading(_ isOn: Bool) async throws {
            try await channel.setOption(.autoRead, value: isOn).get()
            if isOn { channel.read() }
        }

        /// The whole answer.
        func answer() async throws -> Received {
            try await received.wait("the answer's end") { $0.isEnded || $0.isBroken }
            return received.value
        }
    }
}
