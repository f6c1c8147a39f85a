// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateJSON
import GateOAuth
import GateObserve
import GateSession

extension Gatekeeper {
    /// AUTHENTICATE, for a person's browser: the session that its cookie holds.
    ///
    /// Only where no token was presented, and never for MCP: there the token is the one credential. What does not hold – expired,
    /// signed out, sealed with another key, ambiguous – is as good as no cookie.
    ///
    /// - Returns: nil when there is no session.
    func browser(_ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target) -> Admission? {
        guard let sessions = request.snapshot.configuration.sessions, !target.isMCP, head.count(.cookie) == 1,
            let field = head.first(.cookie), let sealed = sessions.sealedText(in: bytes.extracting(field.value)),
            let admittance = admittance(sealed, sessions, request, target.resource),
            let session = admittance.session, !sessions.hasEnded(session)
        else { return nil }
        guard isOwnPages(head, bytes, request) else {
            return refuse(.originNotAllowed, target, .authenticate, admittance)
        }
        return authorize(head, bytes, request, target, admittance)
    }

    /// Unseals a session and asks policy once; found again by the cookie's text.
    private func admittance(
        _ sealed: [UInt8], _ sessions: BrowserSessions, _ request: Request, _ resource: ProtectedResource
    ) -> Admittance? {
        if let known = resource.sessions.value(for: sealed.span, at: request.now) {
            metrics.tokenCacheHits.increment()
            return known
        }
        metrics.tokenCacheMisses.increment()
        guard let session = sessions.session(sealed, at: request.now),
            let registration = request.snapshot.configuration.registrations[session.principal.provider],
            registration.isExactly(session.registration)
        else { return nil }
        let admittance = admittance(
            session.principal, endsAt: session.expiresAt, session: session, request.snapshot, resource)
        resource.sessions.store(
            admittance, for: BearerToken(sealed), until: session.expiresAt, validity: .unconditional)
        return admittance
    }

    /// What changes something must come from a page of this site, since a browser sends its cookie along for any (defence D26).
    ///
    /// Opening a WebSocket is a GET that other sites may make, too.
    private func isOwnPages(_ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request) -> Bool {
        let isSafe = head.method == .get || head.method == .head || head.method == .options
        if isSafe, !head.requestsUpgrade { return true }
        if let origin = head.first(.origin) {
            let own = request.snapshot.configuration.publicURL.origin
            return head.count(.origin) == 1 && bytes.text(at: origin.value).isExactly(own)
        }
        guard let site = head.first(.secFetchSite) else { return false }
        return bytes.equalsIgnoringCase("same-origin", at: site.value)
    }
}
