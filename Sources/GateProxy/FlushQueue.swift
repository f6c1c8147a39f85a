// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore

/// A connection with octets that were written and not sent yet.
protocol Flushing: AnyObject {
    func flushNow()
}

/// Sends what the connections of one event loop have written, at the end of the loop's turn; confined to that loop.
///
/// The peers are woken once for many messages instead of once for each: waking somebody costs more than deciding (`docs/benchmarks.md`).
/// Nothing is held back for longer than the loop needs for the events that were ready at the same time.
final class FlushQueue {
    private let eventLoop: any EventLoop
    private var waiting: [any Flushing] = []
    /// Emptied and swapped with ``waiting``, so that neither is allocated anew.
    private var flushing: [any Flushing] = []

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// The connection asks once until it is told to flush.
    func add(_ connection: any Flushing) {
        waiting.append(connection)
        guard waiting.count == 1 else { return }
        eventLoop.assumeIsolated().execute { [self] in flush() }
    }

    private func flush() {
        swap(&waiting, &flushing)
        for connection in flushing { connection.flushNow() }
        flushing.removeAll(keepingCapacity: true)
    }
}
