// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import NIOCore

/// The exchange that a client connection is in: what is held of it, and how its body ends. Confined to the connection's loop.
///
/// A class, since it is changed at every turn and handed around at most of them.
final class CurrentExchange {
    private(set) var plan: ForwardPlan
    /// The head's octets; let go once an answer has begun and the request cannot be sent again.
    var head: ByteBuffer
    /// Finds the end of the request's body.
    var framer: BodyFramer
    /// The body that was collected for inspection; it goes on with a length.
    var collected: ByteBuffer?
    /// While the exchange waits for a connection.
    var ticket: UpstreamTicket?
    var upstream: UpstreamConnection?
    /// The answer's body is framed in chunks here, not by the upstream.
    var framesAnswer = false
    /// Octets of the answer's body.
    var answerBytes = 0
    /// Octets of the answer that wait for the end of the read, to go out in one write.
    var outgoing: ByteBuffer?
    /// Octets of the body that are counted in the ``CollectionBudget``; once it goes on, its connection counts them.
    var reserved = 0
    /// Counted among the open streams.
    private(set) var isStreaming = false

    init(plan: ForwardPlan, head: ByteBuffer, framer: BodyFramer) {
        self.plan = plan
        self.head = head
        self.framer = framer
    }

    /// An answer has begun: lets go of everything that nobody needs from here on.
    ///
    /// - Parameter isStream: it may go on for long; nothing of the configuration that the request was admitted under is kept for it.
    func answerBegan(isStream: Bool) {
        head = ByteBuffer()
        collected = nil
        guard isStream else { return }
        isStreaming = true
        plan = plan.whileStreaming
    }
}
