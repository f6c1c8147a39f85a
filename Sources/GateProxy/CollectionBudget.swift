// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// How many octets of bodies that must be read before they go on may be held at a time, by all connections together (defence D21).
final class CollectionBudget: Sendable {
    private let maximum: Int
    private let held = Atomic<Int>(0)

    init(maximum: Int) { self.maximum = maximum }

    /// - Returns: false, and takes nothing, when there is no room.
    func take(_ octets: Int) -> Bool {
        guard held.wrappingAdd(octets, ordering: .relaxed).newValue <= maximum else {
            give(back: octets)
            return false
        }
        return true
    }

    func give(back octets: Int) { held.wrappingSubtract(octets, ordering: .relaxed) }
}
