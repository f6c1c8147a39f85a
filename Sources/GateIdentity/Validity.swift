// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// Ties a cached verdict to the keys it was made with: it is current until the epoch it was taken in ends.
public struct Validity: Sendable {
    private let epoch: ValidityEpoch?
    private let number: UInt64

    fileprivate init(epoch: ValidityEpoch?, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// For verdicts that depend on no keys.
    package static let unconditional = Validity(epoch: nil, number: 0)

    public var isCurrent: Bool {
        guard let epoch else { return true }
        return epoch.current == number
    }
}

/// A counter that moves on whenever an earlier verdict may no longer hold: a key was withdrawn or replaced.
package final class ValidityEpoch: Sendable {
    private let counter = Atomic<UInt64>(1)

    package init() {}

    fileprivate var current: UInt64 { counter.load(ordering: .acquiring) }

    /// What a verdict made now is tied to.
    package var validity: Validity { Validity(epoch: self, number: current) }

    package func advance() { counter.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}
