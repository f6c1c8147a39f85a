// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateTime
import NIOSSL
import Synchronization

/// The upstreams of the configuration in force, by the index that a forwarding plan names.
package final class UpstreamTable: Sendable {
    /// What connections are pooled by: an upstream, or the control plane.
    struct Key: Hashable, Sendable {
        /// Nil for the control plane.
        let configuration: UpstreamConfiguration?
    }

    private struct State {
        var upstreams: [UpstreamConfiguration]
        var contexts: [UpstreamConfiguration: NIOSSLContext] = [:]
    }

    private let state: Mutex<State>

    package init(_ upstreams: [UpstreamConfiguration]) { state = Mutex(State(upstreams: upstreams)) }

    /// Puts other upstreams in force; connections to the old ones go when they are idle.
    package func replace(with upstreams: [UpstreamConfiguration]) {
        state.withLock { $0 = State(upstreams: upstreams) }
    }

    func key(_ destination: ForwardPlan.Destination) -> Key? {
        switch destination {
        case .control: Key(configuration: nil)
        case .upstream(let index):
            state.withLock { $0.upstreams.indices.contains(index) ? Key(configuration: $0.upstreams[index]) : nil }
        }
    }

    /// TLS towards an upstream: the certificate must be valid for the name, by the given or the system's authorities.
    func tlsContext(for upstream: UpstreamConfiguration) throws -> (context: NIOSSLContext, name: String)? {
        guard let name = upstream.tlsServerName else { return nil }
        if let known = state.withLock({ $0.contexts[upstream] }) { return (known, name) }
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let path = upstream.certificateAuthority { configuration.trustRoots = .file(path) }
        configuration.applicationProtocols = ["http/1.1"]
        let context = try NIOSSLContext(configuration: configuration)
        state.withLock { $0.contexts[upstream] = context }
        return (context, name)
    }
}
