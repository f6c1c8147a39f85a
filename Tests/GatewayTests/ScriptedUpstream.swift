// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore
import NIOPosix
import NIOSSL

/// A server that does what the test says, octet for octet.
final class ScriptedUpstream: Sendable {
    let port: Int
    private let server: any Channel
    private let accepted: Watched<[Peer]>
    private let taken = Watched(0)

    private init(server: any Channel, port: Int, accepted: Watched<[Peer]>) {
        self.server = server
        self.port = port
        self.accepted = accepted
    }

    /// - Parameter unixPath: listens on a Unix socket instead.
    static func start(
        receiveBuffer: Int? = nil, tls: NIOSSLContext? = nil, port: Int = 0, unixPath: String? = nil
    ) async throws -> ScriptedUpstream {
        let accepted = Watched<[Peer]>([])
        var bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
        if let receiveBuffer {
            bootstrap = bootstrap.serverChannelOption(.socketOption(.so_rcvbuf), value: receiveBuffer)
        }
        bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1).childChannelInitializer {
            channel in
            channel.eventLoop.makeCompletedFuture {
                if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                let peer = try Peer(configuring: channel)
                accepted.update { $0.append(peer) }
            }
        }
        let server =
            if let unixPath {
                try await bootstrap.bind(unixDomainSocketPath: unixPath, cleanupExistingSocketFile: true).get()
            } else {
                try await bootstrap.bind(host: "127.0.0.1", port: port).get()
            }
        return ScriptedUpstream(server: server, port: server.localAddress?.port ?? 0, accepted: accepted)
    }

    /// How many connections came so far.
    var connectionCount: Int { accepted.value.count }

    /// The next connection that comes.
    func accept() async throws -> Peer {
        let index = taken.update { count in
            defer { count += 1 }
            return count
        }
        try await accepted.wait("connection \(index) to the upstream") { $0.count > index }
        return accepted.value[index]
    }

    /// No more connections are accepted; those that are open stay.
    func stopListening() async throws { try await server.close() }

    func stop() async {
        try? await server.close()
        for peer in accepted.value { try? await peer.channel.close() }
    }
}
