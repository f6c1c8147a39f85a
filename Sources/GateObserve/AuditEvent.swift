// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateTime

/// One decision of the gate: who asked for what, what was answered and why. Schema version 1.
package struct AuditEvent: Sendable {
    package enum Outcome: String, Sendable { case permitted, denied, unavailable }

    package var time: Instant
    package var requestID: RequestID
    package var trace: TraceContext
    package var outcome: Outcome
    /// The reason of the taxonomy: `bearer`, `no_credential`, `token_expired`, `policy:allowedApplications`, …
    package var reason: String
    /// The phase that decided: one of the seven phase names.
    package var phase: String
    package var method: String
    /// The normalised path, without its query.
    package var path: String
    package var status: Int
    package var remoteAddress: String
    package var caller: AuditCaller?
    package var mcpMethod: String?
    package var mcpTarget: String?

    package init(
        time: Instant, requestID: RequestID, trace: TraceContext, outcome: Outcome, reason: String, phase: String,
        method: String, path: String, status: Int, remoteAddress: String, caller: AuditCaller? = nil,
        mcpMethod: String? = nil, mcpTarget: String? = nil
    ) {
        self.time = time
        self.requestID = requestID
        self.trace = trace
        self.outcome = outcome
        self.reason = reason
        self.phase = phase
        self.method = method
        self.path = path
        self.status = status
        self.remoteAddress = remoteAddress
        self.caller = caller
        self.mcpMethod = mcpMethod
        self.mcpTarget = mcpTarget
    }
}

/// Where audit events go; called on event loops, so it never blocks and never throws.
package protocol AuditSink: Sendable {
    func record(_ event: borrowing AuditEvent)
}
