// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore
import NIOPosix
import Synchronization

/// A value that tests can wait on: every wait has a deadline.
final class Watched<Value: Sendable>: Sendable {
    struct TimedOut: Error, CustomStringConvertible {
        let description: String
    }

    private struct Waiter {
        let id: Int
        let condition: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var value: Value
        var waiters: [Waiter] = []
        var nextID = 0
    }

    private let state: Mutex<State>

    init(_ value: Value) { state = Mutex(State(value: value)) }

    var value: Value { state.withLock { $0.value } }

    @discardableResult
    func update<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
        let (result, ready) = state.withLock { state in
            let result = change(&state.value)
            let value = state.value
            let ready = state.waiters.filter { $0.condition(value) }
            if !ready.isEmpty { state.waiters.removeAll { waiter in ready.contains { $0.id == waiter.id } } }
            return (result, ready.map(\.continuation))
        }
        for continuation in ready { continuation.resume(returning: true) }
        return result
    }

    /// Returns once the condition holds; throws when it does not in time.
    func wait(
        _ what: String, within time: TimeAmount = .seconds(20), until condition: @escaping @Sendable (Value) -> Bool
    ) async throws {
        let held = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let id: Int? = state.withLock { state in
                if condition(state.value) { return nil }
                state.nextID += 1
                state.waiters.append(Waiter(id: state.nextID, condition: condition, continuation: continuation))
                return state.nextID
            }
            guard let id else { return continuation.resume(returning: true) }
            MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: time) { self.expire(id) }
        }
        guard held else { throw TimedOut(description: "waited in vain for \(what); at last: \(value)") }
    }

    private func expire(_ id: Int) {
        let expired = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil as Waiter? }
            return state.waiters.remove(at: index)
        }
        expired?.continuation.resume(returning: false)
    }
}

/// Time in which nothing is to happen: the one thing that cannot be awaited.
enum Quiet {
    static func pass(_ time: TimeAmount) async {
        try? await MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: time) {}.futureResult.get()
    }
}
