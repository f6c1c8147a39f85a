// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// Whether this process should be sent requests, and if not, why; what `/readyz` says.
///
/// A new state is not ready until ``markStarted()``; after ``markDraining()`` it never is again.
package final class HealthState: Sendable {
    /// Why the process is not ready: which part, and a sentence for the operator without secrets.
    package struct Reason: Sendable, Hashable {
        package var component: String
        package var detail: String

        package init(component: String, detail: String) {
            self.component = component
            self.detail = detail
        }
    }

    private enum Life { case starting, serving, draining }

    private struct State {
        var life = Life.starting
        var reasons: [Reason] = []
        var checks: [@Sendable () -> [Reason]] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// All listeners are open.
    package func markStarted() {
        state.withLock { if $0.life == .starting { $0.life = .serving } }
    }

    /// No new work is wanted: load balancers shall go elsewhere while what is open is finished.
    package func markDraining() { state.withLock { $0.life = .draining } }

    /// Records that a part cannot serve, replacing what was said of it before; nil says that it can again.
    package func report(_ component: String, notReady detail: String?) {
        state.withLock { state in
            state.reasons.removeAll { $0.component == component }
            if let detail { state.reasons.append(Reason(component: component, detail: detail)) }
        }
    }

    /// Adds a question that is asked at every ``reasons``; it answers at once and from memory.
    package func addCheck(_ check: @escaping @Sendable () -> [Reason]) {
        state.withLock { $0.checks.append(check) }
    }

    package var isDraining: Bool { state.withLock { $0.life == .draining } }

    package var isReady: Bool { reasons.isEmpty }

    /// Everything that speaks against sending requests here; empty when ready.
    package var reasons: [Reason] {
        let (life, reported, checks) = state.withLock { ($0.life, $0.reasons, $0.checks) }
        var all: [Reason] = []
        switch life {
        case .starting: all.append(Reason(component: "process", detail: "is starting"))
        case .serving: break
        case .draining: all.append(Reason(component: "process", detail: "is draining"))
        }
        all += reported
        for check in checks { all += check() }
        return all
    }
}
