// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore

/// The connections of one event loop to one upstream, or to the control plane; confined to that loop.
final class UpstreamLane {
    /// Nil for the control plane.
    let configuration: UpstreamConfiguration?
    /// Last used first.
    var idle: [UpstreamConnection] = []
    /// Open, being opened, or in use.
    var count = 0
    var waiting: [UpstreamTicket] = []
    /// No longer configured: connections close when their exchange is over.
    var isRetired = false

    init(_ configuration: UpstreamConfiguration?) { self.configuration = configuration }

    var maximum: Int { configuration?.maximumConnections ?? 16_384 }
    var connectTimeout: TimeAmount { configuration?.connectTimeout ?? .seconds(3) }
    var headTimeout: TimeAmount { configuration?.headTimeout ?? .seconds(60) }
    var bodyTimeout: TimeAmount { configuration?.bodyTimeout ?? .seconds(60) }
    var idleTimeout: TimeAmount { configuration?.idleTimeout ?? .seconds(30) }

    /// The next one in line who still wants a connection.
    func nextTicket() -> UpstreamTicket? {
        while !waiting.isEmpty {
            let ticket = waiting.removeFirst()
            if ticket.isWanted { return ticket }
        }
        return nil
    }

    /// Takes out what was idle for too long.
    func staleConnections(at now: NIODeadline) -> [UpstreamConnection] {
        // The longest idle stand first.
        let fresh = idle.firstIndex { isRetired == false && $0.idleSince + idleTimeout >= now } ?? idle.count
        guard fresh > 0 else { return [] }
        let stale = Array(idle[..<fresh])
        idle.removeFirst(fresh)
        return stale
    }

    /// Takes out who waited for too long.
    func lateTickets(at now: NIODeadline) -> [UpstreamTicket] {
        guard let first = waiting.first, first.deadline < now else { return [] }
        let late = waiting.prefix { $0.deadline < now }
        waiting.removeFirst(late.count)
        return Array(late)
    }
}
