// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import AsyncHTTPClient
import GateOAuth
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The fetcher of the product: AsyncHTTPClient behind the egress guard.
///
/// Every name is resolved here, every address classified, and the connection made to an address that passed. Redirects
/// are not followed, bodies and times are limited, and one deadline covers everything from the look-up to the last
/// octet, so that a peer that sends an octet a second gains nothing.
package final class AsyncHTTPFetcher: HTTPFetching {
    package struct Configuration: Sendable {
        /// From the first look-up to the last octet.
        package var deadline: Duration
        /// For each address that is tried.
        package var connectTimeout: Duration
        package var maximumBodyBytes: Int
        /// Files with PEM certificates that are trusted besides the system's.
        package var additionalTrustRoots: [String]
        package var userAgent: String

        package init(
            deadline: Duration = .seconds(3), connectTimeout: Duration = .milliseconds(1_500),
            maximumBodyBytes: Int = 1 << 20, additionalTrustRoots: [String] = [], userAgent: String = "gatehouse"
        ) {
            self.deadline = deadline
            self.connectTimeout = connectTimeout
            self.maximumBodyBytes = maximumBodyBytes
            self.additionalTrustRoots = additionalTrustRoots
            self.userAgent = userAgent
        }
    }

    private let configuration: Configuration
    private let resolver: any AddressResolving
    private let clients: PinnedClients

    /// - Throws: ``FetchError`` blaming the operator when a trust root cannot be read.
    package init(
        _ configuration: Configuration = Configuration(),
        resolver: any AddressResolving = CachingAddressResolver(SystemAddressResolver())
    ) throws(FetchError) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        for path in configuration.additionalTrustRoots {
            do {
                tls.additionalTrustRoots.append(.certificates(try NIOSSLCertificate.fromPEMFile(path)))
            } catch {
                throw FetchError(.tls, "the certificates in \(path) cannot be read", blame: .operator)
            }
        }
        self.configuration = configuration
        self.resolver = resolver
        clients = PinnedClients(tls: tls, connectTimeout: configuration.connectTimeout)
    }

    /// Closes every connection; must be called before the fetcher is let go, and ends its use.
    package func shutdown() async { await clients.shutdown() }

    package func fetch(
        _ request: FetchRequest, under policy: EgressPolicy
    ) async throws(FetchError) -> FetchedResponse {
        let deadline = request.deadline ?? configuration.deadline
        let result = await withDeadline(deadline) {
            await self.attempt(request, under: policy, deadline: deadline)
        }
        if Task.isCancelled { throw FetchError(.cancelled, "the request was given up", blame: .internal) }
        guard let result else { throw FetchError(.timeout, "\(request.url.host) did not answer within \(deadline)") }
        return try result.get()
    }

    private func attempt(
        _ request: FetchRequest, under policy: EgressPolicy, deadline: Duration
    ) async -> Result<FetchedResponse, FetchError> {
        do throws(FetchError) {
            let host = request.url.host
            let addresses = try await addresses(of: request.url, under: policy)
            var lastError = FetchError(.connect, "\(host) cannot be reached")
            for address in clients.sorted(addresses, of: host).prefix(4) {
                do throws(FetchError) {
                    return .success(try await exchange(request, at: address, deadline: deadline))
                } catch  where error.code == .connect {
                    // Nothing was sent: another address may be tried.
                    lastError = error
                }
            }
            return .failure(lastError)
        } catch {
            return .failure(error)
        }
    }

    private func addresses(
        of url: HTTPURL, under policy: EgressPolicy
    ) async throws(FetchError) -> [IPAddress] {
        let isPlain = url.scheme != .https
        guard !isPlain || !policy.plainHTTP.isEmpty else {
            throw FetchError(.forbidden, "\(url.host) may only be reached by https", blame: .operator)
        }
        let candidates: [IPAddress]
        if let literal = IPAddress(url.host) {
            candidates = [literal]
        } else {
            candidates = try await resolver.addresses(of: url.host)
        }
        let allowed = candidates.filter { policy.allows($0, isPlainHTTP: isPlain) }
        if allowed.isEmpty {
            let kinds = Set(candidates.map { AddressClassifier.classify($0).rawValue }).sorted()
            throw FetchError(
                .forbidden,
                "\(url.host) is at a \(kinds.joined(separator: ", ")) address, which may not be reached"
                    + (isPlain ? " by http" : ""), blame: .operator)
        }
        return allowed
    }

    private func exchange(
        _ request: FetchRequest, at address: IPAddress, deadline: Duration
    ) async throws(FetchError) -> FetchedResponse {
        let url = request.url
        var outgoing = HTTPClientRequest(url: url.description)
        outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
        outgoing.headers.add(name: "user-agent", value: configuration.userAgent)
        for field in request.fields { outgoing.headers.add(name: field.name, value: field.value) }
        if request.method == .post { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        let prepared = outgoing
        let limit = request.maximumBodyBytes ?? configuration.maximumBodyBytes

        do {
            let response = try await clients.withClient(for: .init(host: url.host, address: address)) { client in
                let answer = try await client.execute(prepared, timeout: .nanoseconds(deadline.wholeNanoseconds))
                if let length = answer.headers.first(name: "content-length").flatMap({ Int($0) }), length > limit {
                    throw NIOTooManyBytesError(maxBytes: limit)
                }
                let body = try await answer.body.collect(upTo: limit)
                return FetchedResponse(
                    status: Int(answer.status.code), fields: answer.headers.map { .init($0.name, $0.value) },
                    body: Array(body.readableBytesView))
            }
            guard let response else { throw FetchError(.closed, "the fetcher is shut down", blame: .internal) }
            return response
        } catch let error as FetchError {
            throw error
        } catch {
            throw FetchError(error, host: url.host)
        }
    }
}

extension FetchError {
    /// Sorts the client library's errors; their texts are not taken over, since they may quote what was sent.
    fileprivate init(_ error: any Error, host: String) {
        switch error {
        case is NIOTooManyBytesError: self.init(.tooLarge, "\(host) sent too long an answer")
        case is CancellationError: self.init(.cancelled, "the request to \(host) was given up", blame: .internal)
        case is NIOConnectionError: self.init(.connect, "\(host) cannot be connected to")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError, is WrongServerName:
            self.init(.tls, "no trusted TLS connection to \(host)")
        case ChannelError.connectTimeout: self.init(.connect, "\(host) cannot be connected to in time")
        case let error as HTTPClientError:
            switch error {
            case .deadlineExceeded, .readTimeout: self.init(.timeout, "\(host) did not answer in time")
            case .connectTimeout, .getConnectionFromPoolTimeout:
                self.init(.connect, "\(host) cannot be connected to in time")
            case .tlsHandshakeTimeout: self.init(.tls, "no TLS connection to \(host) in time")
            case .cancelled: self.init(.cancelled, "the request to \(host) was given up", blame: .internal)
            default: self.init(.broken, "\(host) broke off")
            }
        case let error as IOError where FetchError.connectErrnos.contains(error.errnoCode):
            self.init(.connect, "\(host) cannot be connected to")
        default: self.init(.broken, "\(host) broke off or did not speak HTTP")
        }
    }

    private static let connectErrnos: Set<Int32> = [
        ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, EADDRNOTAVAIL, EAFNOSUPPORT,
    ]
}
