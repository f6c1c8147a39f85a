// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateHTTP
package import GateIdentity

/// What the data plane asks at each turn of a request's life; ``Gatekeeper`` is the one real implementation.
///
/// Every call is made on the connection's event loop and returns at once; `Eventually.pending` is the only way off it.
package protocol RequestGate: Sendable {
    /// Phases HEAD to ENRICH, for a head that ``RequestHeadScanner`` accepted.
    func admit(_ head: RequestHead, _ bytes: Span<UInt8>, on connection: ConnectionFacts) -> Eventually<Admission>

    /// The rest of AUTHORIZE, when the plan asked for the body: nil lets the request go on, otherwise this is the answer.
    func inspect(_ body: Span<UInt8>, for plan: ForwardPlan) -> LocalResponse?

    /// Phase HEAD, for a head (or a body's framing) that was refused; the answer closes the connection.
    func refuse(_ refusal: HTTPRefusal, on connection: ConnectionFacts) -> LocalResponse

    /// Phase RESPOND: an upstream's final answer head has arrived and was found sound.
    func answered(_ head: ResponseHead, _ bytes: Span<UInt8>, for plan: ForwardPlan) -> ResponseEdits

    /// Phase FORWARD failed before an answer head was passed on.
    func failed(_ failure: UpstreamFailure, for plan: ForwardPlan) -> LocalResponse

    /// The exchange is over, however it ended; called exactly once for each admission or refusal.
    func finished(_ exchange: Exchange, status: Int, answerBytes: Int)
}
