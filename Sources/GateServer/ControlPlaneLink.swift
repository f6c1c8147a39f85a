// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateProxy
import GateWeb
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Connects the data plane to the control plane in this process: a pair of sockets, one end of which Hummingbird serves.
///
/// A request for the control plane is forwarded like any other, with the same limits and the same framing; nothing listens anywhere
/// that could be reached around the gate (docs/decisions/0002).
struct ControlPlaneLink: Sendable {
    struct PairFailed: Error {}

    private let server: HTTP1Channel
    private let logger: Logger

    init(_ controlPlane: ControlPlane, logger: Logger) {
        server = HTTP1Channel(responder: controlPlane.responder)
        self.logger = logger
    }

    /// What ``GateProxy/GatewayListener`` opens control-plane connections with.
    var connector: ControlPlaneConnector {
        { eventLoop, configure in connect(on: eventLoop, configure) }
    }

    private func connect(
        on eventLoop: any EventLoop, _ configure: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        var descriptors: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &descriptors) == 0 else {
            return eventLoop.makeFailedFuture(PairFailed())
        }
        let far = ClientBootstrap(group: eventLoop).withConnectedSocket(descriptors[1])
        let near = ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try configure(channel) } }
            .withConnectedSocket(descriptors[0])
        far.whenSuccess { channel in
            server.setup(channel: channel, logger: logger).whenSuccess { value in
                Task { await server.handle(value: value, logger: logger) }
            }
        }
        return near
    }
}
