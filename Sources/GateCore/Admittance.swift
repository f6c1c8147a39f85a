// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateObserve
import GateSession
import GateTime

/// What is known once a token or a session was validated and policy was asked: kept with it, so that the next request costs a look-up.
final class Admittance: Sendable {
    enum Outcome: Sendable {
        case permitted
        case refused(Rejection)
    }

    let principal: Principal
    let outcome: Outcome
    /// Complete `X-MS-CLIENT-PRINCIPAL…` lines.
    let identityLines: [UInt8]
    /// When an answer that still streams must end; nil when nobody said when the token does.
    let endsAt: Instant?
    let owner: SessionOwner
    let caller: AuditCaller
    /// The audit event's reason for what goes on.
    var reason: String { session == nil ? "bearer" : "session" }

    /// The browser's session that it stands for; nil for a token's.
    let session: Session?

    init(
        principal: Principal, outcome: Outcome, identityLines: [UInt8], endsAt: Instant?, session: Session? = nil
    ) {
        self.session = session
        self.principal = principal
        self.outcome = outcome
        self.identityLines = identityLines
        self.endsAt = endsAt
        caller = AuditCaller(
            provider: principal.provider.rawValue, issuer: principal.issuer.rawValue, subject: principal.subject,
            client: principal.clientID?.rawValue)
        owner = SessionOwner(issuer: principal.issuer, subject: principal.subject, client: principal.clientID)
    }
}
