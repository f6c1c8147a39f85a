// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateObserve
import GateTime
import NIOCore
import Synchronization

/// Something with deadlines that its event loop looks at four times a second.
protocol LoopTicking: AnyObject {
    func tick(_ now: NIODeadline, _ wallNow: Instant, _ mode: DrainController.Mode)
}

/// What all connections of one event loop share; confined to that loop.
final class LoopContext {
    let eventLoop: any EventLoop
    let gate: any RequestGate
    let timeouts: ProxyTimeouts
    let limits: ProxyLimits
    let metrics: GatewayMetrics
    let pool: UpstreamPool
    let flushes: FlushQueue
    /// Shared by all loops.
    let collections: CollectionBudget
    let drain: DrainController
    let clock: any WallClock
    /// The time, read when a client's octets arrive and four times a second: exact enough for deadlines of seconds.
    private(set) var now = NIODeadline.now()
    /// Reused for every head that is written.
    var scratch: [UInt8] = []
    private var handlers: [ObjectIdentifier: any LoopTicking] = [:]
    private var timer: RepeatedTask?

    init(
        eventLoop: any EventLoop, gate: any RequestGate, timeouts: ProxyTimeouts, limits: ProxyLimits,
        metrics: GatewayMetrics, pool: UpstreamPool, collections: CollectionBudget,
        drain: DrainController, clock: any WallClock
    ) {
        self.eventLoop = eventLoop
        self.gate = gate
        self.timeouts = timeouts
        self.limits = limits
        self.metrics = metrics
        self.pool = pool
        flushes = pool.flushes
        self.collections = collections
        self.drain = drain
        self.clock = clock
        scratch.reserveCapacity(8 * 1_024)
    }

    /// One coarse timer for all deadlines of the loop.
    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) { _ in
            bound.value.tick(mode: bound.value.drain.mode)
        }
    }

    /// Nothing is served on this loop any more: whatever is still open closes.
    func stop() {
        timer?.cancel()
        tick(mode: .closing)
        pool.shutDown()
    }

    /// A client's octets arrived.
    func turn() { now = .now() }

    func add(_ handler: any LoopTicking) { handlers[ObjectIdentifier(handler)] = handler }
    func remove(_ handler: any LoopTicking) { handlers[ObjectIdentifier(handler)] = nil }

    private func tick(mode: DrainController.Mode) {
        turn()
        let wallNow = clock.now
        for handler in handlers.values { handler.tick(now, wallNow, mode) }
        pool.sweep(now)
    }
}
