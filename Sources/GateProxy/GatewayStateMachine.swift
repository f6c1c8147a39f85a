// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateTime
import NIOCore

/// Where a client connection (or HTTP/2 stream) stands, and what follows from an event: no channel, no clock of its own.
///
/// ``GatewayHandler`` tells it what happened and does what it says. Requests are answered in order: the next head is looked at
/// in ``State/awaitingHead`` only.
///
/// Bad events: octets while an answer is under way are a *harmless race* and wait, bounded; a verdict or an upstream connection
/// that arrives after the client left is a *harmless race* and is dropped by the handler; a body that comes too slowly or breaks
/// its framing is the *peer's fault*; an answer event without an exchange is *unreachable*, since the handler drops the
/// upstream connection together with the exchange.
struct GatewayStateMachine: Sendable {
    enum State: Sendable, Hashable {
        /// Waiting for a head, or for the rest of one.
        case awaitingHead
        /// HEAD to ENRICH: the gate is still asking somebody.
        case deciding
        /// AUTHORIZE: the body is collected, to be inspected.
        case collecting
        /// FORWARD: no connection to the upstream yet.
        case connecting
        case exchanging
        case tunnelling
        /// The answer is out; the rest of the request is read and dropped (defence D17).
        case lingering
        case closed
    }

    /// How long a tool may still stream after its credential ended: the skew that validation allows (requirement RS-24).
    static let endLeeway = Duration.seconds(60)

    private(set) var state = State.awaitingHead
    private(set) var deadline: NIODeadline
    /// The request has been taken in to its last octet.
    private(set) var isRequestComplete = true
    /// The status passed on to the client; zero before the final answer's head.
    private(set) var status = 0
    /// How the answer's body goes to the client.
    private(set) var answerFraming = BodyFraming.none
    /// The answer has no end of its own: events, or another protocol.
    private(set) var isStreaming = false
    private(set) var answerKeepsAlive = true
    private var idleLimit = TimeAmount.zero
    private var isRetried = false
    private var bodyBytes = 0
    private var bodyStartedAt = NIODeadline.distantPast
    private var waitsForHeadSince: NIODeadline
    private let timeouts: ProxyTimeouts

    init(timeouts: ProxyTimeouts, at now: NIODeadline) {
        self.timeouts = timeouts
        waitsForHeadSince = now
        deadline = now + timeouts.head
    }

    // MARK: requests

    /// The first octets of a head are here.
    mutating func headBegan(at now: NIODeadline) { deadline = now + timeouts.head }

    mutating func headRead(at now: NIODeadline) {
        state = .deciding
        deadline = now + timeouts.decision
        status = 0
        isStreaming = false
        isRetried = false
        isRequestComplete = true
        answerKeepsAlive = true
    }

    mutating func admitted(hasBody: Bool, isInspected: Bool, at now: NIODeadline) {
        isRequestComplete = !hasBody
        bodyBytes = 0
        bodyStartedAt = now
        state = isInspected ? .collecting : .connecting
        deadline = isInspected ? bodyDeadline(now) : .distantFuture
    }

    /// Octets of the body arrived while the body is collected.
    mutating func collected(_ bytes: Int, isComplete: Bool, at now: NIODeadline) {
        bodyBytes = bytes
        isRequestComplete = isComplete
        deadline = bodyDeadline(now)
    }

    /// The pool bounds this wait.
    mutating func connecting() {
        state = .connecting
        deadline = .distantFuture
    }

    /// The head was written to the upstream; so was the body when it was here already.
    mutating func forwarding(headTimeout: TimeAmount, at now: NIODeadline) {
        state = .exchanging
        deadline = isRequestComplete ? now + headTimeout : bodyDeadline(now)
    }

    /// Octets of the body went on to the upstream.
    mutating func passedOn(_ bytes: Int, isComplete: Bool, headTimeout: TimeAmount, at now: NIODeadline) {
        bodyBytes += bytes
        isRequestComplete = isComplete
        // Once an answer streams, its own deadline rules.
        guard status == 0 else { return }
        deadline = isComplete ? now + headTimeout : bodyDeadline(now)
    }

    /// The upstream takes octets again after it did not: the client is not to blame for the time between.
    mutating func upstreamTakesBody(at now: NIODeadline) {
        guard state == .exchanging, !isRequestComplete, status == 0 else { return }
        bodyBytes = 0
        bodyStartedAt = now
        deadline = bodyDeadline(now)
    }

    /// A body may pause for ``ProxyTimeouts/body`` and must come at the minimum rate on average (defence D21).
    private func bodyDeadline(_ now: NIODeadline) -> NIODeadline {
        let earned = TimeAmount.seconds(Int64(bodyBytes / max(1, timeouts.minimumBodyRate)))
        return min(bodyStartedAt + timeouts.body + earned, now + timeouts.body)
    }

    // MARK: answers

    /// Decides how an answer's body goes on, given its head.
    ///
    /// What ends with the upstream's connection goes on in chunks, so that a broken end can be told from a whole answer.
    ///
    /// - Returns: what the upstream's framer is to hand over.
    mutating func answerBegan(
        _ answer: ResponseHead, to request: RequestHead, isDraining: Bool, idleLimit: TimeAmount, at now: NIODeadline
    ) -> BodyFramer.Output {
        let output: BodyFramer.Output
        switch answer.framing {
        case .none, .length:
            answerFraming = answer.framing
            output = .framed
        case .chunked where request.version == .http11:
            answerFraming = .chunked
            output = .framed
        case .untilClose, .chunked:
            answerFraming = request.version == .http11 ? .chunked : .untilClose
            output = .content
        }
        status = answer.status
        isStreaming = answer.isEventStream && answer.framing != .none
        answerKeepsAlive = request.keepsAlive && answerFraming != .untilClose && isRequestComplete && !isDraining
        self.idleLimit = isStreaming ? .zero : idleLimit
        answerProgressed(at: now)
        return output
    }

    /// Octets of the answer arrived, or the client takes them again.
    mutating func answerProgressed(at now: NIODeadline) {
        guard state == .exchanging, status != 0 else { return }
        deadline = idleLimit > .zero ? now + idleLimit : .distantFuture
    }

    mutating func switchedProtocols() {
        state = .tunnelling
        status = 101
        isStreaming = true
        deadline = .distantFuture
    }

    /// True when the connection goes on with the next request; otherwise it lingers and closes.
    var goesOn: Bool { state == .exchanging && answerKeepsAlive && isRequestComplete }

    enum AfterFailure: Sendable, Hashable {
        /// The request is sent once more, on a connection that nobody used before.
        case retry
        /// A problem document is the answer.
        case answer
        /// Part of an answer is out: the connection must end so that nobody takes it for the whole.
        case abort
    }

    /// - Parameter mayRetry: the plan allows it, and a connection that had been used before broke without one octet of an answer:
    ///   its peer may just have been done with it.
    mutating func failed(mayRetry: Bool) -> AfterFailure {
        if status != 0 { return .abort }
        if mayRetry, !isRetried {
            isRetried = true
            return .retry
        }
        return .answer
    }

    // MARK: the connection

    mutating func awaitHead(hasOctets: Bool, at now: NIODeadline) {
        state = .awaitingHead
        isRequestComplete = true
        waitsForHeadSince = now
        deadline = now + (hasOctets ? timeouts.head : timeouts.idle)
    }

    /// What is written first has ``ProxyTimeouts/writeStall`` to go out; see ``outputEnded(at:)``.
    mutating func linger(at now: NIODeadline) {
        state = .lingering
        deadline = now + timeouts.writeStall
    }

    /// The last octet went out: now it is the peer's turn to close.
    mutating func outputEnded(at now: NIODeadline) {
        if state == .lingering { deadline = now + timeouts.linger }
    }

    mutating func close() {
        state = .closed
        deadline = .distantFuture
    }

    /// Back-pressure: nothing more is read while what was read cannot go on.
    ///
    /// - Parameters:
    ///   - held: octets that were received and not used yet.
    ///   - limit: how many of them may wait.
    ///   - upstreamTakes: the upstream's connection is writable.
    func isReadingPaused(held: Int, limit: Int, upstreamTakes: Bool) -> Bool {
        switch state {
        case .awaitingHead, .collecting, .lingering, .closed: false
        case .tunnelling: !upstreamTakes
        case .deciding, .connecting: held > limit
        case .exchanging: isRequestComplete ? held > limit : !upstreamTakes
        }
    }

    enum Due: Sendable, Hashable {
        case nothing
        case close
        /// Nothing is under way; what was answered may still be on its way out.
        case linger
        /// Part of a head came, the rest did not.
        case refuse
        case fail(UpstreamFailure)
        /// The answer is ended where it may end.
        case endStream
    }

    /// What is due at this time; asked a few times a second.
    ///
    /// - Parameters:
    ///   - endsAt: when the credential ends.
    ///   - isOpenEnded: the client itself opened the stream (GET): it comes back, so a drain ends it first.
    func due(
        at now: NIODeadline, wallNow: Instant, mode: DrainController.Mode, held: Int, endsAt: Instant?,
        isOpenEnded: Bool,
        upstreamTakes: Bool, clientTakes: Bool
    ) -> Due {
        if mode == .closing { return .close }
        switch state {
        case .awaitingHead:
            // A request may be on its way on a connection that was just opened or answered.
            if mode >= .draining, held == 0, waitsForHeadSince + .seconds(1) < now { return .linger }
            guard deadline < now else { return .nothing }
            return held > 0 ? .refuse : .linger
        case .deciding: return deadline < now ? .close : .nothing
        case .collecting: return deadline < now ? .fail(.requestBodyBroken(.timedOut)) : .nothing
        case .connecting, .closed: return .nothing
        case .exchanging, .tunnelling:
            if isStreaming, status != 0 {
                if mode >= .endingStreams || (mode == .draining && isOpenEnded && state == .exchanging) {
                    return .endStream
                }
                if let endsAt, endsAt + Self.endLeeway < wallNow { return .endStream }
            }
            guard deadline < now else { return .nothing }
            if !isRequestComplete, status == 0 {
                return .fail(upstreamTakes ? .requestBodyBroken(.timedOut) : .timedOut)
            }
            // While the client takes nothing the upstream cannot send; the write deadline ends that.
            return status != 0 && !clientTakes ? .nothing : .fail(.timedOut)
        case .lingering: return deadline < now ? .close : .nothing
        }
    }
}
