// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateJSON
import GateOAuth
import GateSession
import GateTime
import Hummingbird

/// `/.auth/me`, `/.auth/refresh` and `/.auth/logout`: what a browser's session is, and its end.
struct SessionController: Sendable {
    let service: SignInService
    let pages: Pages

    /// The claims of the person who is signed in, as Easy Auth shows them: an array with one entry; 401 when there is nobody.
    func me(_ exchange: WebExchange) -> Response {
        guard let session = session(exchange) else {
            return exchange.problem(
                "credentials-required", "Not signed in", status: 401, detail: signInHint)
        }
        let principal = session.principal
        let claims = EasyAuthClaims.claims(of: principal, naming: service.configuration.claimsNaming)
        let entry: JSONValue = [
            "provider_name": .string(principal.provider.rawValue),
            "user_claims": .array(claims.map { ["typ": .string($0.type), "val": .string($0.value)] }),
            "user_id": .string(principal.name ?? principal.subject),
        ]
        return WebExchange.json([entry])
    }

    /// The provider's tokens are not stored, so that there is none to refresh: Easy Auth answers 403 then.
    func refresh(_ exchange: WebExchange) -> Response {
        guard session(exchange) != nil else {
            return exchange.problem("credentials-required", "Not signed in", status: 401, detail: signInHint)
        }
        return exchange.problem(
            "refresh-impossible", "There is no refresh token", status: 403,
            detail: "The provider's tokens are not stored. \(signInHint)")
    }

    /// Ends the session here, so that a copy of its cookie is dead as well (defence D24).
    ///
    /// Other sites' images and scripts cannot sign anybody out; a link can, as with Easy Auth.
    func logout(_ exchange: WebExchange) -> Response {
        if exchange.isCrossSite, !exchange.isNavigation {
            return exchange.problem("origin", "Only a page can sign out", status: 403)
        }
        let configuration = service.configuration
        let cookies = service.sessions.end(in: exchange.cookies, at: service.clock.now)
        let query: FormParameters
        do throws(FormParameters.ParseError) {
            query = try FormParameters(parsing: exchange.request.uri.query ?? "")
        } catch {
            query = FormParameters()
        }
        let wanted = query.given("post_logout_redirect_uri") ?? query.given("post_logout_redirect_url")
        // What leads elsewhere is ignored, as Easy Auth does: signing out must not fail.
        let target: String =
            switch wanted.map(configuration.returnTarget.resolve) {
            case .path(let path)?: path
            case .external(let url)?: url
            case .refused?, nil: "\(configuration.prefix)/logout/complete"
            }
        return WebExchange.redirect(to: target, cookies: cookies)
    }

    /// `/.auth/logout/complete` and, as older documents have it, `/.auth/logout/done`.
    func signedOut(_ exchange: WebExchange) -> Response {
        let texts = exchange.texts
        return pages.page(
            Pages.Content(
                title: texts.signedOutTitle, text: texts.signedOutText,
                links: [
                    Pages.Link(
                        label: texts.signIn, target: "\(service.configuration.prefix)/login", isSecond: true)
                ]), texts)
    }

    private func session(_ exchange: WebExchange) -> Session? { service.session(of: exchange) }

    private var signInHint: String { "Sign in at \(service.configuration.prefix)/login." }
}
