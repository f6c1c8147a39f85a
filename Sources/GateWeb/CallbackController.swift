// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateOAuth
import GateSession
import GateTime
import Hummingbird
import NIOCore

/// `/.auth/login/<provider>/callback`: the provider's answer comes back with the person's browser, by query or by form.
///
/// The answer counts only for a sign-in that this browser began, once, at this provider (defences D22, D23).
struct CallbackController: Sendable {
    let service: SignInService
    let pages: Pages

    /// Answers are a code and a few words; Entra's carry an ID token, too.
    private static let largestForm = 128 * 1_024

    func finish(_ alias: String, _ exchange: WebExchange) async -> Response {
        let configuration = service.configuration
        guard let provider = configuration.provider(alias) else {
            return exchange.problem("not-found", "Nobody can sign in with this provider", status: 404)
        }
        let reporter = SignInReporter(service: service, pages: pages, exchange: exchange, provider: provider.id)
        let again = "\(configuration.prefix)/login/\(FormParameters.encode(provider.id.rawValue))"
        guard let form = await form(exchange), let state = form.given("state") else {
            return reporter.failed(.noAttempt, reason: "state_missing", retry: again)
        }
        let now = service.clock.now
        guard let attempt = service.attempts.attempt(forState: state, in: exchange.cookies, at: now) else {
            return reporter.failed(.noAttempt, reason: "state_unknown", retry: again)
        }
        let retry = again + "?post_login_redirect_uri=" + FormParameters.encode(attempt.returnTarget)
        let spent = service.attempts.expired(attempt)
        guard attempt.provider == provider.id else {
            return reporter.failed(.refused, reason: "provider_mixed_up", retry: nil, cookies: spent)
        }
        let answer: AuthorizationResponse
        do throws(OAuthError) {
            answer = try AuthorizationResponse(parsing: form)
        } catch {
            return reporter.failed(.refused, reason: "answer_malformed", retry: retry, cookies: spent)
        }
        // An error costs nobody anything, and need not be remembered.
        if case .code = answer.outcome, !service.attempts.use(attempt, at: now) {
            return reporter.failed(.usedAttempt, reason: "state_used", retry: retry, cookies: spent)
        }
        let outcome = await service.redeeming { () async -> Result<SignInResult, SignInFailure> in
            do throws(SignInFailure) {
                return .success(try await provider.adapter.redeem(answer, for: attempt.request))
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .success(let result)?: return signedIn(result, attempt, provider, reporter, exchange, spent)
        case .failure(let failure)?: return reporter.failed(failure, retry: retry, cookies: spent)
        case nil: return reporter.failed(.unavailable, reason: "too_many", retry: retry, cookies: spent)
        }
    }

    private func form(_ exchange: WebExchange) async -> FormParameters? {
        var text = exchange.request.uri.query ?? ""
        if exchange.request.method == .post {
            guard
                exchange.request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded")
                    == true
            else { return nil }
            do {
                text = String(buffer: try await exchange.request.body.collect(upTo: Self.largestForm))
            } catch {
                return nil
            }
        }
        do throws(FormParameters.ParseError) { return try FormParameters(parsing: text) } catch { return nil }
    }

    /// A session of its own for every sign-in (defence D24); the one before it ends.
    private func signedIn(
        _ result: SignInResult, _ attempt: SignInAttempt, _ provider: SignInService.Provider,
        _ reporter: SignInReporter, _ exchange: WebExchange, _ spent: [String]
    ) -> Response {
        let configuration = service.configuration
        let now = service.clock.now
        var end = now + configuration.lifetime
        if configuration.endsWithToken, let expiry = result.tokens.expiresAt { end = min(end, max(expiry, now)) }
        var principal = result.principal
        principal.clientID = provider.clientID
        let session = Session(
            principal: principal, registration: provider.registration, signedInAt: now, expiresAt: end)
        let cookies: [String]
        do throws(SessionTooLarge) {
            cookies = try service.sessions.begin(session, replacing: exchange.cookies, at: now)
        } catch {
            return reporter.failed(.tooLarge, reason: "session_too_large", retry: nil, cookies: spent)
        }
        if let previous = attempt.previous {
            service.sessions.end(previous.id, until: previous.expiresAt, at: now)
        }
        reporter.succeeded(principal)
        return WebExchange.redirect(to: attempt.returnTarget, cookies: spent + cookies, status: .seeOther)
    }
}
