// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateObserve
package import GateTime
import Synchronization

/// One request and its answer, as the gate remembers it between the turns of its life.
package final class Exchange: Sendable {
    package let requestID: RequestID
    package let trace: TraceContext
    /// Wall-clock time of the head's arrival, for the audit event.
    package let receivedAt: Instant
    package let startedAt: ContinuousClock.Instant
    /// As received; a token of RFC 9110 §9.1.
    package let method: String
    /// The normalised path, without its query.
    package let path: String
    /// The client's, which behind a trusted proxy is not the peer's.
    package let remoteAddress: String
    /// The origin of the page that asks, when it is allowed to (Fetch).
    package let allowedOrigin: String?

    /// Outcome and phase of the decision, packed, and whether there is one: written on the connection's loop, read when all is over.
    private let verdict = Atomic<UInt8>(0)
    private static let isDecided: UInt8 = 0x80

    package init(
        requestID: RequestID, trace: TraceContext, receivedAt: Instant = .distantPast,
        startedAt: ContinuousClock.Instant, method: String, path: String, remoteAddress: String, allowedOrigin: String?
    ) {
        self.requestID = requestID
        self.trace = trace
        self.receivedAt = receivedAt
        self.startedAt = startedAt
        self.method = method
        self.path = path
        self.remoteAddress = remoteAddress
        self.allowedOrigin = allowedOrigin
    }

    /// Notes what became of the request.
    ///
    /// - Returns: true the first time, when the audit event is due; later calls only say how things went on.
    @discardableResult
    func decided(_ outcome: AuditEvent.Outcome, in phase: Phase) -> Bool {
        let outcomeNumber: UInt8 =
            switch outcome {
            case .permitted: 0
            case .denied: 1
            case .unavailable: 2
            }
        let packed = Self.isDecided | outcomeNumber << 4 | UInt8(phase.index)
        return verdict.exchange(packed, ordering: .relaxed) & Self.isDecided == 0
    }

    /// Nil while nothing was decided.
    var decision: (outcome: AuditEvent.Outcome, phase: Phase)? {
        let packed = verdict.load(ordering: .relaxed)
        guard packed & Self.isDecided != 0 else { return nil }
        let outcome: AuditEvent.Outcome =
            switch packed >> 4 & 7 {
            case 0: .permitted
            case 1: .denied
            default: .unavailable
            }
        return (outcome, Phase.allCases[Int(packed & 15)])
    }
}
