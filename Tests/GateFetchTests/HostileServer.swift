// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import NIOCore
import NIOPosix
import NIOSSL

/// A server on loopback that answers by the request's path, well or badly.
final class HostileServer: Sendable {
    private let channel: any Channel
    let port: Int

    private init(channel: any Channel, port: Int) {
        self.channel = channel
        self.port = port
    }

    static func start(tls: NIOSSLContext? = nil) async throws -> HostileServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(Answering())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return HostileServer(channel: channel, port: port)
    }

    func stop() async throws { try await channel.close() }

    func address(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
    func url(_ path: String) throws -> HTTPURL { try HTTPURL(address(path)) }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var request = ""

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            request += String(buffer: unwrapInboundIn(data))
            guard let end = request.firstRange(of: "\r\n\r\n") else { return }
            let head = request[..<end.lowerBound]
            let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            let body = String(request[end.upperBound...])
            request = ""
            answer(path, head: String(head), body: body, context)
        }

        private func answer(_ path: String, head: String, body: String, _ context: ChannelHandlerContext) {
            switch path {
            case "/ok":
                send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", context)
            case "/echo":
                let text = head.lowercased() + "\n\n" + body
                send("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)", context)
            case "/redirect":
                send("HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", context)
            case "/500": send("HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", context)
            case "/close": context.close(promise: nil)
            case "/cut": send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", context, closes: true)
            case "/garbage": send("\u{0}\u{1}\u{2} nonsense\r\n\r\n", context, closes: true)
            case "/declares-huge": send("HTTP/1.1 200 OK\r\nContent-Length: 134217728\r\n\r\n", context)
            case "/huge":
                send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", context)
                flood(context)
            case "/drip":
                send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", context)
                drip(context)
            default: break  // hangs
            }
        }

        private func send(_ text: String, _ context: ChannelHandlerContext, closes: Bool = false) {
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
            if closes { channel.eventLoop.execute { channel.close(promise: nil) } }
        }

        private func flood(_ context: ChannelHandlerContext) {
            let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
            for _ in 0..<64 { send(chunk, context) }
        }

        private func drip(_ context: ChannelHandlerContext) {
            let channel = context.channel
            channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
                guard channel.isActive else { return task.cancel() }
                channel.writeAndFlush(channel.allocator.buffer(string: " "), promise: nil)
            }
        }
    }
}
