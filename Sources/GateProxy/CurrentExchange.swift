// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import NIOCore

/// The exchange that a client connection is in: one object, so that nothing is copied at the turns of its life.
final class CurrentExchange {
    let plan: ForwardPlan
    /// The head's octets, until it has been written to the upstream.
    let head: ByteBuffer
    /// Finds the end of the request's body.
    var framer: BodyFramer
    /// The body that was collected for inspection; it goes on with a length.
    var collected: ByteBuffer?
    var upstream: UpstreamConnection?
    var isRequestComplete = false
    /// The answer's status once its head went on; zero before.
    var status = 0
    var isAnswerChunked = false
    var answerKeepsAlive = true
    var isEventStream = false
    var answerBytes = 0
    var isSecondTry = false
    var bodyStartedAt = NIODeadline.distantPast
    var bodyBytes = 0
    /// Octets of the answer that wait for the end of the read, to go out in one write.
    var outgoing: ByteBuffer?

    init(plan: ForwardPlan, head: ByteBuffer, framer: BodyFramer) {
        self.plan = plan
        self.head = head
        self.framer = framer
    }
}
