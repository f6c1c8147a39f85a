// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOSSL
import Synchronization

/// The upstreams of the configuration in force, by the index that a forwarding plan names.
package final class UpstreamTable: Sendable {
    private struct State {
        /// By generation, the newest and the few before it.
        var tables: [Int: [UpstreamConfiguration]]
        var contexts: [UpstreamConfiguration: NIOSSLContext] = [:]
    }

    private let state: Mutex<State>
    /// Moves with every change, so that a loop can tell without a lock that it knows the table.
    private let generation = Atomic<Int>(1)

    /// How many tables are known at a time; a request that was admitted under an older one finds no upstream.
    static let kept = 8

    /// The first generation is 1.
    package init(_ upstreams: [UpstreamConfiguration]) { state = Mutex(State(tables: [1: upstreams])) }

    /// Puts other upstreams in force; connections to the old ones go when they are idle.
    ///
    /// - Returns: the generation that plans must name to mean these.
    package func replace(with upstreams: [UpstreamConfiguration]) -> Int {
        state.withLock { state in
            let next = generation.load(ordering: .relaxed) + 1
            state.contexts = [:]
            state.tables[next] = upstreams
            state.tables[next - Self.kept] = nil
            generation.store(next, ordering: .releasing)
            return next
        }
    }

    var newest: Int { generation.load(ordering: .acquiring) }

    /// The upstreams of a generation, nil when it is too old.
    func upstreams(of generation: Int) -> [UpstreamConfiguration]? { state.withLock { $0.tables[generation] } }

    /// TLS towards an upstream: the certificate must be valid for the name, by the given or the system's authorities.
    ///
    /// - Throws: when the file with the authorities cannot be read.
    func tlsContext(for upstream: UpstreamConfiguration) throws -> NIOSSLContext {
        let (known, began) = state.withLock { ($0.contexts[upstream], newest) }
        if let known { return known }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let path = upstream.certificateAuthority { configuration.trustRoots = .file(path) }
        configuration.applicationProtocols = ["http/1.1"]
        let context = try NIOSSLContext(configuration: configuration)
        // What was read before a change is not kept beyond it.
        state.withLock { if newest == began { $0.contexts[upstream] = context } }
        return context
    }
}
