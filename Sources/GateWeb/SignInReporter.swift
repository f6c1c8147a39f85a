// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateOAuth
import GateObserve
import GateTime
import Hummingbird
import Logging

/// Says what became of a sign-in: to the person on a page, to operators in log and audit.
struct SignInReporter {
    let service: SignInService
    let pages: Pages
    let exchange: WebExchange
    let provider: ProviderID

    func failed(_ failure: SignInFailure, retry: String?, cookies: [String] = []) -> Response {
        switch failure {
        case .denied(let error):
            return failed(.denied, reason: "provider_denied", retry: retry, cookies: cookies, error: error)
        case .provider(let error):
            return failed(
                .provider, reason: "provider_error", retry: retry, cookies: cookies, error: error,
                providerCode: failure.providerCode)
        case .refused(let reason):
            return failed(.refused, reason: reason.word, retry: retry, cookies: cookies)
        case .unavailable(let dependency):
            return failed(
                .unavailable, reason: "dependency:\(dependency.dependency.rawValue)", retry: retry, cookies: cookies,
                detail: dependency.detail)
        }
    }

    /// - Parameters:
    ///   - reason: for log and audit, after `sign_in:`.
    ///   - retry: where to begin again; nil when that would not help.
    ///   - cookies: `Set-Cookie` values that the answer carries all the same.
    func failed(
        _ problem: SignInProblem, reason: String, retry: String?, cookies: [String] = [], error: OAuthError? = nil,
        providerCode: String? = nil, detail: String? = nil
    ) -> Response {
        record(problem == .unavailable ? .unavailable : .denied, "sign_in:\(reason)", status: problem.status)
        var metadata: Logger.Metadata = [
            "gatehouse.provider": "\(provider)", "gatehouse.reason": "\(reason)",
            "gatehouse.request": "\(exchange.requestID.hex)",
        ]
        if let error { metadata["error"] = "\(Redaction.redact(String(error.description.prefix(256))))" }
        if let detail { metadata["error"] = "\(Redaction.redact(detail))" }
        service.logger.notice("sign-in failed", metadata: metadata)
        let texts = exchange.texts
        var content = Pages.Content(
            title: problem == .denied
                ? texts.deniedTitle : problem == .unavailable ? texts.unavailableTitle : texts.failureTitle,
            problem: texts.failures[problem])
        if let retry { content.links = [Pages.Link(label: texts.signInAgain, target: retry)] }
        if let providerCode { content.facts.append((texts.providerCode, Pages.visible(providerCode))) }
        content.facts.append((texts.trace, exchange.trace.traceID))
        var response = pages.page(content, texts, status: HTTPResponse.Status(code: problem.status))
        response.add(cookies)
        return response
    }

    func succeeded(_ principal: Principal) {
        record(
            .permitted, "signed_in", status: 303,
            caller: AuditCaller(
                provider: principal.provider.rawValue, issuer: principal.issuer.rawValue, subject: principal.subject,
                client: principal.clientID?.rawValue))
    }

    private func record(
        _ outcome: AuditEvent.Outcome, _ reason: String, status: Int, caller: AuditCaller? = nil
    ) {
        service.audit.record(
            AuditEvent(
                time: service.clock.now, requestID: exchange.requestID, trace: exchange.trace, outcome: outcome,
                reason: reason, phase: Phase.authenticate.rawValue, method: exchange.request.method.rawValue,
                path: exchange.request.uri.path, status: status,
                remoteAddress: exchange.request.headers[.xForwardedFor] ?? "", caller: caller))
    }
}
