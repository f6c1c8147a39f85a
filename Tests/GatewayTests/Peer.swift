// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One end of a TCP connection, octets only.
final class Peer: Sendable {
    struct Received: Sendable, CustomStringConvertible {
        var octets: [UInt8] = []
        var isEnded = false
        var description: String {
            "\(octets.count) octets\(isEnded ? ", ended" : ""): \(String(decoding: octets.prefix(600), as: UTF8.self).debugDescription)"
        }
    }

    struct Ended: Error, CustomStringConvertible {
        let description: String
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        let received: Watched<Received>
        init(_ received: Watched<Received>) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let octets = Array(buffer: unwrapInboundIn(data))
            received.update { $0.octets += octets }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event as? ChannelEvent == .inputClosed { received.update { $0.isEnded = true } }
        }

        func channelInactive(context: ChannelHandlerContext) { received.update { $0.isEnded = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            received.update { $0.isEnded = true }
            context.close(promise: nil)
        }
    }

    let channel: any Channel
    let received: Watched<Received>

    /// Runs on the channel's event loop.
    init(configuring channel: any Channel) throws {
        self.channel = channel
        received = Watched(Received())
        try channel.pipeline.syncOperations.addHandler(Collector(received))
    }

    static func connect(port: Int, receiveBuffer: Int? = nil) async throws -> Peer {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        if let receiveBuffer { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer) }
        let made = Watched<Peer?>(nil)
        _ = try await bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let peer = try Peer(configuring: channel)
                made.update { $0 = peer }
            }
        }.connect(host: "127.0.0.1", port: port).get()
        guard let peer = made.value else { throw Ended(description: "no peer") }
        return peer
    }

    func send(_ text: String) { send(Array(text.utf8)) }
    func send(_ octets: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: octets), promise: nil) }

    /// Sends and waits until the operating system took everything.
    func push(_ octets: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: octets)) }

    func endSending() { channel.close(mode: .output, promise: nil) }
    func close() { channel.close(promise: nil) }

    /// Ends the connection with a reset.
    func reset() async throws {
        guard let socket = channel as? any SocketOptionProvider else { throw Ended(description: "no socket") }
        try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close()
    }

    func setReading(_ isOn: Bool) async throws { try await channel.setOption(.autoRead, value: isOn).get() }

    /// Takes everything up to and with the marker.
    func read(through marker: String) async throws -> String {
        let wanted = Array(marker.utf8)
        try await received.wait("\(marker.debugDescription)") { $0.isEnded || $0.octets.firstRange(of: wanted) != nil }
        return try received.update { received -> Result<String, Ended> in
            guard let range = received.octets.firstRange(of: wanted) else {
                return .failure(Ended(description: "no \(marker.debugDescription) in \(received)"))
            }
            let taken = String(decoding: received.octets[..<range.upperBound], as: UTF8.self)
            received.octets.removeFirst(range.upperBound)
            return .success(taken)
        }.get()
    }

    /// Takes a head with its empty line.
    func readHead() async throws -> String { try await read(through: "\r\n\r\n") }

    func read(count: Int) async throws -> String {
        try await received.wait("\(count) octets") { $0.isEnded || $0.octets.count >= count }
        return received.update { received in
            let taken = String(decoding: received.octets.prefix(count), as: UTF8.self)
            received.octets.removeFirst(min(count, received.octets.count))
            return taken
        }
    }

    /// Takes everything until the other side ends the connection.
    func readToEnd() async throws -> String {
        try await received.wait("the end") { $0.isEnded }
        return received.update { received in
            defer { received.octets = [] }
            return String(decoding: received.octets, as: UTF8.self)
        }
    }

    /// The other side ended the connection and had nothing more to say.
    func expectEnd() async throws {
        let rest = try await readToEnd()
        guard rest.isEmpty else { throw Ended(description: "more before the end: \(rest.debugDescription)") }
    }
}
