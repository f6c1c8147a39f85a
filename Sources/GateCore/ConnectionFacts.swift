// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What is known of the connection (or HTTP/2 stream) that a request came on; made once per connection.
package struct ConnectionFacts: Sendable {
    /// The peer's numeric address without port, `unix` for a Unix socket.
    package var remoteAddress: String
    /// The numeric address that the peer connected to, without port; nil when it is not known.
    package var localAddress: String?
    package var isTLS: Bool
    package var isHTTP2: Bool

    package init(remoteAddress: String, localAddress: String? = nil, isTLS: Bool, isHTTP2: Bool) {
        self.remoteAddress = remoteAddress
        self.localAddress = localAddress
        self.isTLS = isTLS
        self.isHTTP2 = isHTTP2
    }
}
