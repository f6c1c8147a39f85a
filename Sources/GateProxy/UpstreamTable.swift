// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOSSL
import Synchronization

/// The upstreams of the configuration in force, by the index that a forwarding plan names.
package final class UpstreamTable: Sendable {
    private struct State {
        var upstreams: [UpstreamConfiguration]
        var contexts: [UpstreamConfiguration: NIOSSLContext] = [:]
    }

    private let state: Mutex<State>
    /// Moves with every change, so that a loop can tell without a lock that it knows the table.
    private let generation = Atomic<Int>(1)

    package init(_ upstreams: [UpstreamConfiguration]) { state = Mutex(State(upstreams: upstreams)) }

    /// Puts other upstreams in force; connections to the old ones go when they are idle.
    package func replace(with upstreams: [UpstreamConfiguration]) {
        state.withLock { $0 = State(upstreams: upstreams) }
        generation.wrappingAdd(1, ordering: .releasing)
    }

    var version: Int { generation.load(ordering: .acquiring) }
    var upstreams: [UpstreamConfiguration] { state.withLock { $0.upstreams } }

    /// TLS towards an upstream: the certificate must be valid for the name, by the given or the system's authorities.
    ///
    /// - Throws: when the file with the authorities cannot be read.
    func tlsContext(for upstream: UpstreamConfiguration) throws -> NIOSSLContext {
        if let known = state.withLock({ $0.contexts[upstream] }) { return known }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let path = upstream.certificateAuthority { configuration.trustRoots = .file(path) }
        configuration.applicationProtocols = ["http/1.1"]
        let context = try NIOSSLContext(configuration: configuration)
        state.withLock { $0.contexts[upstream] = context }
        return context
    }
}
