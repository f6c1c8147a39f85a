// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension Settings {
    /// An application behind the gate.
    package struct Upstream: Sendable, Hashable {
        /// `http://…`, `https://…` or `unix:/path/of/socket`.
        package var url: String
        /// Until the connection stands, TLS included; the proxy's default when nil, as below.
        package var connectTimeout: Duration?
        /// From the end of the request to the end of the response head.
        package var headTimeout: Duration?
        /// How long a connection is kept that nobody uses; shorter than the upstream keeps it.
        package var idleTimeout: Duration?
        /// For each worker; event streams hold one each.
        package var maximumConnections: Int?
        /// A PEM file trusted instead of the system's roots, for `https` only.
        package var certificateAuthority: String?
        /// Whether the client's `Host` is passed on; otherwise the upstream's own is sent.
        package var preservesHost: Bool

        package init(
            url: String, connectTimeout: Duration? = nil, headTimeout: Duration? = nil, idleTimeout: Duration? = nil,
            maximumConnections: Int? = nil, certificateAuthority: String? = nil, preservesHost: Bool = false
        ) {
            self.url = url
            self.connectTimeout = connectTimeout
            self.headTimeout = headTimeout
            self.idleTimeout = idleTimeout
            self.maximumConnections = maximumConnections
            self.certificateAuthority = certificateAuthority
            self.preservesHost = preservesHost
        }
    }
}
