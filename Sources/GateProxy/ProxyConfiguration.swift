// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateHTTP
package import NIOCore

/// How long the data plane waits (defence D21); each wait has its end.
package struct ProxyTimeouts: Sendable, Hashable {
    /// From a connection's first octet, or the first of the next head, to the head's end.
    package var head: TimeAmount = .seconds(10)
    /// For the gate's decision, should whatever it asks not answer in its own time.
    package var decision: TimeAmount = .seconds(60)
    /// Between two requests of a connection.
    package var idle: TimeAmount = .seconds(75)
    /// Without an octet of a request body; a body must also come at ``minimumBodyRate`` on average.
    package var body: TimeAmount = .seconds(30)
    /// Without a client taking an octet of an answer.
    package var writeStall: TimeAmount = .seconds(60)
    /// For answered connections to be closed by their peers.
    package var linger: TimeAmount = .seconds(2)
    /// Octets a second.
    package var minimumBodyRate = 240

    package init() {}
}

/// What one process serves at most.
package struct ProxyLimits: Sendable, Hashable {
    package var head = HeadLimits()
    package var connections = 20_000
    /// Zero: no limit for one address.
    package var connectionsPerAddress = 0
    /// Streams that one HTTP/2 connection may have open at a time.
    package var streams = 100
    /// Octets of further requests that are held while one is being answered.
    package var pipelinedBytes = 64 * 1_024
    /// Octets of bodies that are held to be inspected, of all connections together; what is more is answered with 503.
    package var collectedBytes = 256 << 20
    /// Octets of a refused request that are read and dropped, so that its sender gets to see the answer (defence D17).
    package var lingeringBytes = 1_024 * 1_024

    package init() {}
}

/// A server behind the gate.
package struct UpstreamConfiguration: Sendable, Hashable {
    package enum Address: Sendable, Hashable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package var address: Address
    /// Non-nil: TLS towards the upstream, with this server name.
    package var tlsServerName: String?
    /// PEM file with the authorities that may vouch for the upstream; nil: the system's.
    package var certificateAuthority: String?
    package var connectTimeout: TimeAmount = .seconds(3)
    /// From the request's last octet to the answer's head: tools may take long.
    package var headTimeout: TimeAmount = .seconds(300)
    /// Without an octet of an answer's body while the client takes it; event streams and tunnels may be silent for ever.
    package var bodyTimeout: TimeAmount = .seconds(300)
    /// Shorter than servers keep theirs (Uvicorn: 5 s), so that a request seldom meets a connection that is being closed.
    package var idleTimeout: TimeAmount = .seconds(4)
    /// For each event loop; event streams hold one each, so this is high.
    package var maximumConnections = 16_384

    package init(address: Address, tlsServerName: String? = nil) {
        self.address = address
        self.tlsServerName = tlsServerName
    }
}
