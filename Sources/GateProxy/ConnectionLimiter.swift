// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// Counts connections, in all and from each address, and says when there are too many (defence D21).
final class ConnectionLimiter: Sendable {
    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let maximum: Int
    private let maximumPerAddress: Int

    init(limits: ProxyLimits) {
        maximum = limits.connections
        maximumPerAddress = limits.connectionsPerAddress
    }

    /// False when the connection must be closed at once; otherwise ``leave(_:)`` is due when it ends.
    ///
    /// - Parameter address: nil when the peer has none.
    func enter(_ address: String?) -> Bool {
        state.withLock { state in
            guard state.total < maximum else { return false }
            if let address, maximumPerAddress > 0 {
                guard state.byAddress[address, default: 0] < maximumPerAddress else { return false }
                state.byAddress[address, default: 0] += 1
            }
            state.total += 1
            return true
        }
    }

    func leave(_ address: String?) {
        state.withLock { state in
            state.total -= 1
            guard maximumPerAddress > 0, let address, let count = state.byAddress[address] else { return }
            state.byAddress[address] = count > 1 ? count - 1 : nil
        }
    }
}
