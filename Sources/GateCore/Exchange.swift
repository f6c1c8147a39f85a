// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateObserve
import Synchronization

/// One request and its answer, as the gate remembers it between the turns of its life.
package final class Exchange: Sendable {
    package let requestID: RequestID
    package let trace: TraceContext
    package let startedAt: ContinuousClock.Instant
    /// As received; a token of RFC 9110 §9.1.
    package let method: String
    /// The normalised path, without its query.
    package let path: String
    package let remoteAddress: String
    /// The origin of the page that asks, when it is allowed to (Fetch).
    package let allowedOrigin: String?

    /// Outcome and phase of the decision, packed: written on the connection's loop, read when the exchange is over.
    private let verdict = Atomic<UInt8>(0)

    package init(
        requestID: RequestID, trace: TraceContext, startedAt: ContinuousClock.Instant, method: String, path: String,
        remoteAddress: String, allowedOrigin: String?
    ) {
        self.requestID = requestID
        self.trace = trace
        self.startedAt = startedAt
        self.method = method
        self.path = path
        self.remoteAddress = remoteAddress
        self.allowedOrigin = allowedOrigin
    }

    func decided(_ outcome: AuditEvent.Outcome, in phase: Phase) {
        let outcomeNumber: UInt8 =
            switch outcome {
            case .permitted: 0
            case .denied: 1
            case .unavailable: 2
            }
        let phaseNumber = UInt8(Phase.allCases.firstIndex(of: phase) ?? 0)
        verdict.store(outcomeNumber << 4 | phaseNumber, ordering: .relaxed)
    }

    var decision: (outcome: AuditEvent.Outcome, phase: Phase) {
        let packed = verdict.load(ordering: .relaxed)
        let outcome: AuditEvent.Outcome = packed >> 4 == 0 ? .permitted : packed >> 4 == 1 ? .denied : .unavailable
        return (outcome, Phase.allCases[Int(packed & 15)])
    }
}
