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

    private struct Kept {
        let client: HTTPClient
        /// Requests under way; a client that is used is not let go.
        var users = 0
        var lastUse = 0
    }

    private struct State {
        var clients: [Pin: Kept] = [:]
        var uses = 0
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
        guard let (client, isKept, evicted) = state.withLock({ take(pin, &$0) }) else { return nil }
        // It can only fail because it was shut down before.
        if let evicted { try? await evicted.shutdown() }
        do {
            let value = try await body(client)
            await done(client, pin, isKept)
            return value
        } catch {
            await done(client, pin, isKept)
            throw error
        }
    }

    /// A client for the pin, whether it is kept, and the one that had to go for it: the one that was not used for the longest time.
    private func take(_ pin: Pin, _ state: inout State) -> (HTTPClient, Bool, HTTPClient?)? {
        if state.isClosed { return nil }
        state.uses += 1
        var evicted: HTTPClient?
        if state.clients[pin] == nil {
            let client = makeClient(pin)
            if state.clients.count >= maximumCount {
                let unused = state.clients.filter { $0.value.users == 0 }
                guard let oldest = unused.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
                    return (client, false, nil)
                }
                evicted = oldest.value.client
                state.clients[oldest.key] = nil
            }
            state.clients[pin] = Kept(client: client)
        }
        state.clients[pin]?.users += 1
        state.clients[pin]?.lastUse = state.uses
        return state.clients[pin].map { ($0.client, true, evicted) }
    }

    private func done(_ client: HTTPClient, _ pin: Pin, _ isKept: Bool) async {
        if isKept {
            state.withLock { $0.clients[pin]?.users -= 1 }
        } else {
            try? await client.shutdown()
        }
    }

    func shutdown() async {
        let clients = state.withLock { state in
            defer { state.clients = [:] }
            state.isClosed = true
            return state.clients.values.map(\.client)
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
        if IPAddress(pin.host) == nil {
            let name = ServerName(pin.host)
            configuration.http1_1ConnectionDebugInitializer = { channel in
                channel.eventLoop.flatSubmit {
                    // It may have ended by now, and nobody would hear of a failure to close it again.
                    guard channel.isActive else { return channel.eventLoop.makeFailedFuture(ChannelError.eof) }
                    let isTLS = (try? channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)) != nil
                    guard isTLS, !name.isProved(on: channel) else { return channel.eventLoop.makeSucceededVoidFuture() }
                    return channel.close().flatMapThrowing { throw WrongServerName() }
                }
            }
        }
        configuration.dnsOverride = [pin.host: pin.address.description]
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
        configuration.connectionPool.idleTimeout = .seconds(30)
        return HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }
}

/// The certificate is not for the name that was asked for.
struct WrongServerName: Error {}

extension Duration {
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < 4_000_000_000 else { return .max }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
