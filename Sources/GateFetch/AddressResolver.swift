// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import NIOCore
import NIOPosix
import Synchronization

/// Finds the addresses of a host name.
package protocol AddressResolving: Sendable {
    func addresses(of host: String) async throws(FetchError) -> [IPAddress]
}

/// The operating system's resolver, asked away from the event loops; the caller stops waiting when it is cancelled.
package struct SystemAddressResolver: AddressResolving {
    private let group: any EventLoopGroup

    package init(group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) { self.group = group }

    package func addresses(of host: String) async throws(FetchError) -> [IPAddress] {
        let loop = group.next()
        let promise = loop.makePromise(of: [IPAddress].self)
        let resolver = NIORandomizedDNSResolver(loop: loop)
        // One look-up answers both; the queries must be started in this order.
        let ipv6 = resolver.initiateAAAAQuery(host: host, port: 443)
        let ipv4 = resolver.initiateAQuery(host: host, port: 443)
        // IPv4 first: where it does not work, it fails at once.
        ipv4.and(ipv6).map { both in (both.0 + both.1).compactMap { $0.ipAddress.flatMap { IPAddress($0) } } }
            .cascade(to: promise)
        do {
            let found = try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
            }
            guard !found.isEmpty else { throw FetchError(.nameResolution, "\(host) has no address") }
            return found
        } catch let error as FetchError {
            throw error
        } catch is CancellationError {
            throw FetchError(.timeout, "the address of \(host) could not be found in time")
        } catch {
            throw FetchError(.nameResolution, "the address of \(host) could not be found")
        }
    }
}

/// Remembers answers for a minute, and goes on with the last good answer while the resolver fails or is slow.
///
/// What comes out is classified by the egress policy every time, so that an old answer is no way around the guard.
package final class CachingAddressResolver: AddressResolving {
    private struct Entry {
        var addresses: [IPAddress]
        var time: ContinuousClock.Instant
    }

    private let base: any AddressResolving
    private let freshFor: Duration
    private let keptFor: Duration
    private let patience: Duration
    private let maximumCount: Int
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let entries = Mutex<[String: Entry]>([:])

    /// - Parameters:
    ///   - freshFor: how long an answer is used without asking again.
    ///   - keptFor: how long an answer is used when asking again fails.
    ///   - patience: how long an answer is waited for when an old one is at hand.
    package init(
        _ base: any AddressResolving, freshFor: Duration = .seconds(60), keptFor: Duration = .seconds(86_400),
        patience: Duration = .milliseconds(500), maximumCount: Int = 256,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.base = base
        self.freshFor = freshFor
        self.keptFor = keptFor
        self.patience = patience
        self.maximumCount = maximumCount
        self.clock = clock
    }

    package func addresses(of host: String) async throws(FetchError) -> [IPAddress] {
        let known = entries.withLock { $0[host] }
        guard let known, known.time.duration(to: clock()) < keptFor else {
            return try await lookUp(host).get()
        }
        if known.time.duration(to: clock()) < freshFor { return known.addresses }
        switch await withDeadline(patience, { await self.lookUp(host) }) {
        case .success(let addresses): return addresses
        case .failure, nil: return known.addresses
        }
    }

    private func lookUp(_ host: String) async -> Result<[IPAddress], FetchError> {
        do throws(FetchError) {
            let found = try await base.addresses(of: host)
            let entry = Entry(addresses: found, time: clock())
            entries.withLock { entries in
                if entries.count >= maximumCount, entries[host] == nil {
                    if let oldest = entries.min(by: { $0.value.time < $1.value.time }) { entries[oldest.key] = nil }
                }
                entries[host] = entry
            }
            return .success(found)
        } catch {
            return .failure(error)
        }
    }
}
