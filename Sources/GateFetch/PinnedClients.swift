// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// HTTP clients that each connect to one checked address only, kept so that connections can be used again.
///
/// The client library cannot pin an address for one request, but a client can be told what a name resolves to. The
/// number of clients that are kept is bounded; beyond that a client lives for one request.
final class PinnedClients: Sendable {
    /// A host name and the address that was checked for it.
    struct Pin: Hashable, Sendable {
        var host: String
        var address: IPAddress
    }

    private struct State {
        var clients: [Pin: HTTPClient] = [:]
        var isClosed = false
    }

    private let tls: TLSConfiguration
    private let connectTimeout: Duration
    private let maximumCount: Int
    private let state = Mutex(State())

    init(tls: TLSConfiguration, connectTimeout: Duration, maximumCount: Int = 16) {
        self.tls = tls
        self.connectTimeout = connectTimeout
        self.maximumCount = maximumCount
    }

    /// The addresses with those first that a client is connected to already.
    func sorted(_ addresses: [IPAddress], of host: String) -> [IPAddress] {
        state.withLock { state in
            let known = addresses.filter { state.clients[Pin(host: host, address: $0)] != nil }
            return known + addresses.filter { !known.contains($0) }
        }
    }

    /// Runs `body` with the client for the pin; nil once the clients have been shut down.
    func withClient<Value: Sendable>(
        for pin: Pin, _ body: (HTTPClient) async throws -> Value
    ) async throws -> Value? {
        let (client, isKept): (HTTPClient?, Bool) = state.withLock { state in
            if state.isClosed { return (nil, false) }
            if let client = state.clients[pin] { return (client, true) }
            let client = makeClient(pin)
            guard state.clients.count < maximumCount else { return (client, false) }
            state.clients[pin] = client
            return (client, true)
        }
        guard let client else { return nil }
        guard !isKept else { return try await body(client) }
        do {
            let value = try await body(client)
            try await client.shutdown()
            return value
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    func shutdown() async {
        let clients = state.withLock { state in
            defer { state.clients = [:] }
            state.isClosed = true
            return Array(state.clients.values)
        }
        for client in clients {
            // It can only fail because it was shut down before.
            do { try await client.shutdown() } catch { continue }
        }
    }

    private func makeClient(_ pin: Pin) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .nanoseconds(connectTimeout.wholeNanoseconds)), decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [pin.host: pin.address.description]
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
        configuration.connectionPool.idleTimeout = .seconds(30)
        return HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }
}

extension Duration {
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < 4_000_000_000 else { return .max }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
