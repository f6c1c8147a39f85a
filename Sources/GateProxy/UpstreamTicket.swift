// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import NIOCore

/// Who waits for a connection to an upstream.
protocol UpstreamTaker: AnyObject {
    func upstreamReady(_ connection: UpstreamConnection)
    func upstreamUnavailable(_ failure: UpstreamFailure)
}

/// A place in the wait for a connection; confined to its event loop.
final class UpstreamTicket {
    private var taker: (any UpstreamTaker)?
    let deadline: NIODeadline
    /// Nothing but a connection that was never used will do: for the second try.
    let isFresh: Bool

    init(_ taker: any UpstreamTaker, fresh: Bool, until deadline: NIODeadline) {
        self.taker = taker
        isFresh = fresh
        self.deadline = deadline
    }

    var isWanted: Bool { taker != nil }

    /// The exchange ended meanwhile: whatever comes is for somebody else.
    func cancel() { taker = nil }

    /// Calls the taker, which this lets go of.
    func redeem() -> (any UpstreamTaker)? {
        defer { taker = nil }
        return taker
    }
}
