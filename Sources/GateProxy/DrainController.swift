// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// How a process stops: no new connections, `Connection: close` on every answer, event streams ended cleanly, then whatever is left.
package final class DrainController: Sendable {
    package enum Mode: UInt8, Sendable, Comparable {
        case serving, draining
        /// Answers that have no end of their own are ended.
        case endingStreams
        case closing

        package static func < (a: Mode, b: Mode) -> Bool { a.rawValue < b.rawValue }
    }

    private let state = Atomic<UInt8>(Mode.serving.rawValue)
    private let open = Atomic<Int>(0)

    package init() {}

    package var mode: Mode { Mode(rawValue: state.load(ordering: .relaxed)) ?? .closing }
    package var openConnections: Int { open.load(ordering: .relaxed) }

    package func advance(to mode: Mode) { state.store(mode.rawValue, ordering: .relaxed) }

    func opened() { open.wrappingAdd(1, ordering: .relaxed) }
    func closed() { open.wrappingSubtract(1, ordering: .relaxed) }
}
