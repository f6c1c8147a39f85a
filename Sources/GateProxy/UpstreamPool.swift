// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateObserve
package import NIOCore

/// Makes a connection to the control plane in this process: a channel on this event loop, set up by the closure.
package typealias ControlPlaneConnector =
    @Sendable (any EventLoop, @escaping @Sendable (any Channel) throws -> Void) -> EventLoopFuture<any Channel>

/// The connections of one event loop to the upstreams: kept alive, last used first, bounded; confined to that loop.
///
/// A failed connect is told to who asked and remembered by nobody, so that a restarted upstream is found at once.
final class UpstreamPool {
    enum Taken {
        case connection(UpstreamConnection)
        /// The taker is told later.
        case waiting(UpstreamTicket)
        case failed(UpstreamFailure)
    }

    let eventLoop: any EventLoop
    let flushes: FlushQueue
    private let upstreams: UpstreamTable
    private let connector: UpstreamConnector
    private let metrics: GatewayMetrics
    private let control = UpstreamLane(nil)
    /// By generation of the table.
    private var lanes: [Int: [UpstreamLane]] = [:]
    private var newest = 0
    /// Every lane that has connections or is in force.
    private var all: [UpstreamLane] = []
    private var isClosing = false
    private static let longestQueue = 4_096

    init(
        eventLoop: any EventLoop, upstreams: UpstreamTable, control: @escaping ControlPlaneConnector,
        metrics: GatewayMetrics
    ) {
        self.eventLoop = eventLoop
        flushes = FlushQueue(eventLoop: eventLoop)
        self.upstreams = upstreams
        connector = UpstreamConnector(eventLoop: eventLoop, upstreams: upstreams, control: control)
        self.metrics = metrics
    }

    /// - Parameter fresh: never a connection that was used before: for the second try.
    func take(_ plan: ForwardPlan, fresh: Bool, for taker: any UpstreamTaker) -> Taken {
        guard let lane = lane(plan) else { return .failed(.unreachable) }
        while !fresh, let connection = lane.idle.popLast() {
            guard connection.isReusable else { continue }
            metrics.upstreamReuses.increment()
            return .connection(connection)
        }
        let ticket = UpstreamTicket(taker, fresh: fresh, until: .now() + lane.connectTimeout)
        if lane.count < lane.maximum {
            open(lane, ticket)
        } else {
            guard lane.waiting.count < Self.longestQueue else { return .failed(.overloaded) }
            lane.waiting.append(ticket)
        }
        return .waiting(ticket)
    }

    /// The connection's exchange is over and it may carry another.
    func give(back connection: UpstreamConnection) {
        let lane = connection.lane
        let next = lane.nextTicket()
        if let next, next.isFresh, connection.isUsed {
            // Its place is what the next in line needs, who does not wait for the old one's last words.
            open(lane, next)
            connection.close()
        } else if let taker = next?.redeem() {
            metrics.upstreamReuses.increment()
            taker.upstreamReady(connection)
        } else if lane.isRetired || isClosing {
            connection.close()
        } else {
            connection.idleSince = .now()
            lane.idle.append(connection)
        }
    }

    /// The connection is closed; called once for each that was handed out.
    func lost(_ connection: UpstreamConnection) {
        let lane = connection.lane
        lane.count -= 1
        if let index = lane.idle.firstIndex(where: { $0 === connection }) { lane.idle.remove(at: index) }
        if lane.count < lane.maximum, let ticket = lane.nextTicket() { open(lane, ticket) }
    }

    /// Closes what was idle for too long and ends waits that took too long.
    func sweep(_ now: NIODeadline) {
        if newest != upstreams.newest { adopt(upstreams.newest) }
        all.removeAll { $0.isRetired && $0.count == 0 && $0.waiting.isEmpty }
        for lane in all + [control] {
            for connection in lane.staleConnections(at: now) { connection.close() }
            for ticket in lane.lateTickets(at: now) { ticket.redeem()?.upstreamUnavailable(.overloaded) }
        }
    }

    /// Closes idle connections now and the others when their exchange is over.
    func shutDown() {
        isClosing = true
        for lane in all + [control] {
            let idle = lane.idle
            lane.idle = []
            for connection in idle { connection.close() }
        }
    }

    private func lane(_ plan: ForwardPlan) -> UpstreamLane? {
        guard case .upstream(let index) = plan.destination else { return control }
        if lanes[plan.upstreamGeneration] == nil { adopt(plan.upstreamGeneration) }
        guard let table = lanes[plan.upstreamGeneration], table.indices.contains(index) else { return nil }
        return table[index]
    }

    /// Makes the lanes of a generation; those to upstreams that stay are kept, the others are let go when they are idle.
    private func adopt(_ generation: Int) {
        guard let table = upstreams.upstreams(of: generation) else { return }
        var free = all
        let adopted = table.map { configuration in
            if let index = free.firstIndex(where: { $0.configuration == configuration }) {
                return free.remove(at: index)
            }
            let lane = UpstreamLane(configuration)
            all.append(lane)
            return lane
        }
        lanes[generation] = adopted
        newest = max(newest, generation)
        for old in lanes.keys where old <= newest - UpstreamTable.kept { lanes[old] = nil }
        let current = lanes[newest] ?? []
        for lane in all { lane.isRetired = !current.contains { $0 === lane } }
    }

    private func open(_ lane: UpstreamLane, _ ticket: UpstreamTicket) {
        lane.count += 1
        let opening = connector.connect(lane, pool: self)
        opening.assumeIsolated().whenComplete { [self] result in
            do {
                let connection = try result.get().pipeline.syncOperations.handler(type: UpstreamConnection.self)
                try connection.established()
                metrics.upstreamConnects.increment()
                if let taker = ticket.redeem() {
                    taker.upstreamReady(connection)
                } else {
                    give(back: connection)
                }
            } catch {
                lane.count -= 1
                ticket.redeem()?.upstreamUnavailable(.unreachable)
                if lane.count < lane.maximum, let next = lane.nextTicket() { open(lane, next) }
            }
        }
    }
}
