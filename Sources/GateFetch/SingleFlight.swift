// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// Lets one caller do a piece of work while everybody else who wants the same result waits for it.
///
/// The work runs in the first caller's own task. When that caller is cancelled its result is its own, and the next in
/// line does the work again, so that one client that hangs up does not fail the others. The work must have a deadline:
/// nobody waits longer than the work takes.
package final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// What a waiting caller is told: the result, or that it is its turn to do the work.
    private enum Turn: Sendable {
        case result(Value)
        case lead
        case cancelled
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var flights: [Key: [Waiter]] = [:]
        /// Waiters that were cancelled before they were entered.
        var cancelledEarly: Set<UInt64> = []
        var nextID: UInt64 = 0

        mutating func take(_ id: UInt64, of key: Key) -> Waiter? {
            guard let index = flights[key]?.firstIndex(where: { $0.id == id }) else { return nil }
            return flights[key]?.remove(at: index)
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether somebody is doing this work now.
    package func isFlying(_ key: Key) -> Bool { state.withLock { $0.flights[key] != nil } }

    /// The result of `work`, done by this caller or by another one at the same time; nil when this caller was cancelled
    /// while it waited.
    package func run(_ key: Key, _ work: @Sendable () async -> Value) async -> Value? {
        let isLeader = state.withLock { state in
            guard state.flights[key] == nil else { return false }
            state.flights[key] = []
            return true
        }
        if !isLeader {
            switch await wait(for: key) {
            case .result(let value): return value
            case .cancelled: return nil
            case .lead: break
            }
        }
        let value = await work()
        finish(key, with: value, isShared: !Task.isCancelled)
        return value
    }

    private func finish(_ key: Key, with value: Value, isShared: Bool) {
        let (waiters, turn): ([Waiter], Turn) = state.withLock { state in
            guard var waiting = state.flights[key] else { return ([], .cancelled) }
            guard !isShared, !waiting.isEmpty else {
                state.flights[key] = nil
                return (waiting, .result(value))
            }
            let next = waiting.removeFirst()
            state.flights[key] = waiting
            return ([next], .lead)
        }
        for waiter in waiters { waiter.continuation.resume(returning: turn) }
    }

    private func wait(for key: Key) async -> Turn {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        // A cancellation that comes after the turn was given leaves its mark behind.
        defer { state.withLock { _ = $0.cancelledEarly.remove(id) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn: Turn? = state.withLock { state in
                    if state.cancelledEarly.remove(id) != nil { return .cancelled }
                    guard state.flights[key] != nil else {
                        // It ended between the two looks: do the work.
                        state.flights[key] = []
                        return .lead
                    }
                    state.flights[key]?.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                if let waiter = state.take(id, of: key) { return Optional(waiter) }
                state.cancelledEarly.insert(id)
                return nil
            }
            waiter?.continuation.resume(returning: .cancelled)
        }
    }
}
