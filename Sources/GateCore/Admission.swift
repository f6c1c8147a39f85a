// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateHTTP
import GateMCP
package import GateTime

/// What becomes of a request once its head was judged.
package enum Admission: Sendable {
    case forward(ForwardPlan)
    /// We reply ourselves: refusal, preflight, redirect. `Exchange` is for ``RequestGate/finished(_:status:answerBytes:)``.
    case answer(LocalResponse, Exchange)
}

/// How an admitted request is forwarded; one object, handed from turn to turn.
package final class ForwardPlan: Sendable {
    package enum Destination: Sendable, Hashable {
        /// An index into the snapshot's upstreams.
        case upstream(Int)
        /// The control plane in this process.
        case control
    }

    package let destination: Destination
    /// Which of the tables of upstreams the index is of: requests under way keep theirs when the configuration changes.
    package let upstreamGeneration: Int
    package let edits: RequestEdits
    /// When set, the whole body (at most this many octets, else 413) is collected and given to
    /// ``RequestGate/inspect(_:for:)`` before one octet is forwarded.
    package let inspectsBodyUpTo: Int?
    /// When the credential ends: an answer still streaming then is closed (requirement RS-24).
    package let endsAt: Instant?
    /// True when the request may be sent again on a fresh connection although a reused one broke before any answer octet:
    /// only for idempotent methods without a body (RFC 9110 §9.2.2).
    package let isRetryable: Bool
    package let exchange: Exchange
    /// Cookies that the upstream may not set.
    let ownCookies: [String]
    /// Set when a protected resource answers.
    let protection: Protection?

    package convenience init(
        destination: Destination, upstreamGeneration: Int = 1, edits: RequestEdits, inspectsBodyUpTo: Int? = nil,
        endsAt: Instant? = nil, isRetryable: Bool = false, exchange: Exchange
    ) {
        self.init(
            destination: destination, upstreamGeneration: upstreamGeneration, edits: edits,
            inspectsBodyUpTo: inspectsBodyUpTo, endsAt: endsAt,
            isRetryable: isRetryable, exchange: exchange, ownCookies: [], protection: nil)
    }

    init(
        destination: Destination, upstreamGeneration: Int, edits: RequestEdits, inspectsBodyUpTo: Int?,
        endsAt: Instant?, isRetryable: Bool, exchange: Exchange, ownCookies: [String], protection: Protection?
    ) {
        self.destination = destination
        self.upstreamGeneration = upstreamGeneration
        self.edits = edits
        self.inspectsBodyUpTo = inspectsBodyUpTo
        self.endsAt = endsAt
        self.isRetryable = isRetryable
        self.exchange = exchange
        self.ownCookies = ownCookies
        self.protection = protection
    }
}

extension ForwardPlan {
    /// What is still needed while an answer streams: a stream outlives configurations, and must not hold on to theirs.
    package var whileStreaming: ForwardPlan {
        ForwardPlan(
            destination: destination, upstreamGeneration: upstreamGeneration,
            edits: RequestEdits(allowsUpgrade: edits.allowsUpgrade), endsAt: endsAt, exchange: exchange)
    }
}

/// What a protected resource's exchange still has to do with the decision: its answer is not for shared caches, challenges in it are the
/// gate's, and a session that it opens belongs to whoever asked.
struct Protection: Sendable {
    let resource: ProtectedResource
    let isMCP: Bool
    /// Nil for a request that needs no credential and has none.
    let admittance: Admittance?
    /// The header fields that mirror the message which ``RequestGate/inspect(_:for:)`` reads; nil where there is none.
    var mirror: MCPHeaders?
    var session: SessionUse?

    var owner: SessionOwner { admittance?.owner ?? .anonymous }
}

/// Why an upstream gave no answer that could be passed on.
package enum UpstreamFailure: Sendable, Hashable {
    /// Connecting failed or took too long.
    case unreachable
    /// The answer's head did not come in time.
    case timedOut
    /// The connection closed, or what came was not HTTP as it must be.
    case protocolViolation
    /// All connections are in use and the queue is full.
    case overloaded
    /// The bodies that are held to be inspected leave no room for another.
    case bodiesFull
    /// The client's body did not come in time or broke its framing.
    case requestBodyBroken(HTTPRefusal)
    /// The body was larger than may be inspected.
    case requestBodyTooLarge
}
