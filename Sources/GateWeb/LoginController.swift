// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateOAuth
import GateSession
import GateTime
import Hummingbird

/// `GET /.auth/login/<provider>`: sends the person's browser to sign in; `/.auth/login` offers the choice where there is one.
struct LoginController: Sendable {
    let service: SignInService
    let pages: Pages

    /// Where there are several providers, a person chooses; one alone is not worth a page.
    func choose(_ exchange: WebExchange) async -> Response {
        let configuration = service.configuration
        guard !configuration.providers.isEmpty else {
            return exchange.problem(
                "not-found", "Nobody can sign in here", status: 404,
                detail: "No provider of this gate has what a sign-in needs: its registration's secret.")
        }
        let query = exchange.request.uri.query.map { "?\($0)" } ?? ""
        let links = configuration.providers.map { provider in
            Pages.Link(
                label: "\(exchange.texts.signInWith) \(Pages.visible(provider.name))",
                target: "\(configuration.prefix)/login/\(FormParameters.encode(provider.id.rawValue))\(query)")
        }
        if links.count == 1 { return WebExchange.redirect(to: links[0].target) }
        return pages.page(
            Pages.Content(title: exchange.texts.chooseTitle, text: exchange.texts.chooseText, links: links),
            exchange.texts)
    }

    func begin(_ alias: String, _ exchange: WebExchange) async -> Response {
        let configuration = service.configuration
        guard let provider = configuration.provider(alias) else {
            let known = configuration.providers.map { "\(configuration.prefix)/login/\($0.id.rawValue)" }
            return exchange.problem(
                "not-found", "Nobody can sign in with this provider", status: 404,
                detail: known.isEmpty
                    ? "No provider of this gate has what a sign-in needs: its registration's secret."
                    : "There is \(known.joined(separator: ", ")).")
        }
        let reporter = SignInReporter(service: service, pages: pages, exchange: exchange, provider: provider.id)
        let parameters: SignInParameters
        do throws(FormParameters.ParseError) {
            parameters = try SignInParameters(
                query: exchange.request.uri.query, linkParameters: provider.linkParameters)
        } catch {
            return reporter.failed(.target, reason: "query_malformed", retry: nil)
        }
        let target: String
        switch configuration.returnTarget.resolve(parameters.returnTarget) {
        case .path(let path): target = path
        case .external(let url): target = url
        case .refused: return reporter.failed(.target, reason: "return_target", retry: nil)
        }
        let now = service.clock.now
        let attempt = SignInAttempt.begin(
            provider: provider.id, returnTarget: target, redirectURI: configuration.redirectURI(provider),
            replacing: service.sessions.current(in: exchange.cookies, at: now), at: now)
        do throws(SignInFailure) {
            var request = attempt.request
            request.scope = parameters.scope
            request.parameters = parameters.handedOn
            let location = try await provider.adapter.authorizationURL(for: request)
            let cookies = service.attempts.cookies(
                for: attempt, in: exchange.cookies, crossSite: provider.adapter.usesFormPost, at: now)
            return WebExchange.redirect(to: location, cookies: cookies)
        } catch {
            return reporter.failed(error, retry: nil)
        }
    }

    /// `/.auth/login/done`: where a sign-in ends that came from nowhere.
    func done(_ exchange: WebExchange) -> Response {
        let configuration = service.configuration
        let texts = exchange.texts
        guard let session = service.session(of: exchange) else {
            return pages.page(
                Pages.Content(
                    title: texts.signedOutTitle,
                    links: [Pages.Link(label: texts.signIn, target: "\(configuration.prefix)/login")]), texts)
        }
        return pages.page(
            Pages.Content(
                title: texts.signedInTitle, text: texts.signedInText,
                person: session.principal.name ?? session.principal.subject,
                links: [
                    Pages.Link(label: texts.toTheSite, target: "/"),
                    Pages.Link(label: texts.signOut, target: "\(configuration.prefix)/logout", isSecond: true),
                ]), texts)
    }
}
