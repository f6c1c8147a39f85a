// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateTime

extension DemoIdentityProvider {
    /// The authorization endpoint (RFC 6749 §3.1): checks the request and leads the person to a page of their own.
    ///
    /// Until client and redirect URI are proven, refusals stay on a page here and are never redirected (§4.1.2.1).
    func authorize(_ request: DemoRequest, at now: Instant) -> DemoResponse {
        let parsed =
            request.method == "POST" ? FormParameters(oauth: request.body) : FormParameters(oauth: request.query)
        guard let form = parsed else { return refuse("The request is not well-formed, or says something twice.") }
        guard let client = form.value("client_id").flatMap(DemoClient.init(id:)) else {
            return refuse(
                "The program that sent you here is not registered. Remove its saved sign-in and connect again.")
        }
        guard let redirectURI = form.value("redirect_uri").flatMap(DemoRedirectURI.init), client.permits(redirectURI)
        else {
            return refuse("The answer should go to an address that '\(client.name)' has not registered.")
        }
        let answer = Answer(redirectURI: redirectURI, state: form.value("state"), issuer: configuration.issuer)
        switch interaction(for: form, client, redirectURI, at: now) {
        case .failure(let problem):
            observer(
                DemoStep(
                    .provider, "refused '\(client.name)': \(problem.code), \(problem.description)", isGood: false))
            return answer.refusing(problem)
        case .success(let interaction):
            let known = request.cookie(DemoBrowsers.cookieName)
            let browser = known.flatMap { Self.isBrowserName($0) ? $0 : nil } ?? DemoRandom.token()
            let name = browsers.begin(interaction, in: browser, at: now)
            observer(DemoStep(.provider, "'\(client.name)' sent somebody to sign in"))
            return redirect(to: "/interaction/\(name)", browser: browser)
        }
    }

    /// Shows the sign-in page, or the consent page to somebody who is signed in.
    func showInteraction(_ name: String, _ request: DemoRequest, at now: Instant) -> DemoResponse {
        guard let browser = request.cookie(DemoBrowsers.cookieName),
            let interaction = browsers.interaction(name, in: browser, at: now)
        else { return interactionIsOver }
        let wantsOther = request.query == "switch"
        guard let signIn = browsers.signIn(in: browser, at: now), !interaction.needsSignIn, !wantsOther else {
            return signInPage(name, interaction, in: browser)
        }
        return consentPage(name, interaction, for: signIn.user, in: browser)
    }

    /// Takes the answer to a page: a sign-in, or a decision.
    func answerInteraction(_ name: String, _ request: DemoRequest, at now: Instant) -> DemoResponse {
        guard let browser = request.cookie(DemoBrowsers.cookieName),
            let interaction = browsers.interaction(name, in: browser, at: now)
        else { return interactionIsOver }
        guard let form = FormParameters(oauth: request.body), let token = form.value("form"),
            browsers.isFormToken(token, for: name, in: browser)
        else { return refuse("The form did not come from this page. Go back and try again.", status: 403) }
        switch form.value("step") {
        case "sign-in": return signIn(form, name, interaction, in: browser, at: now)
        case "allow", "deny":
            guard let signIn = browsers.signIn(in: browser, at: now), !interaction.needsSignIn else {
                return signInPage(name, interaction, in: browser)
            }
            guard let redirectURI = DemoRedirectURI(interaction.redirectURI), browsers.end(name) else {
                return interactionIsOver
            }
            let answer = Answer(
                redirectURI: redirectURI, state: interaction.state, issuer: configuration.issuer)
            return decide(allows: form.value("step") == "allow", interaction, signIn, answer, at: now)
        default: return refuse("The form's answer is not known.")
        }
    }

    private func signIn(
        _ form: FormParameters, _ name: String, _ interaction: DemoInteraction, in browser: String, at now: Instant
    ) -> DemoResponse {
        let user = DemoUser.everybody.first {
            $0.username == form.value("username") && $0.password == form.value("password")
        }
        guard let user else {
            observer(DemoStep(.provider, "refused a wrong user name or password", isGood: false))
            return signInPage(name, interaction, in: browser, problem: "That user name or password is wrong.")
        }
        observer(DemoStep(.provider, "\(user.username) signed in"))
        let fresh = browsers.recordSignIn(of: user, in: browser, during: name, at: now)
        return redirect(to: "/interaction/\(name)", browser: fresh)
    }

    private func decide(
        allows: Bool, _ interaction: DemoInteraction, _ signIn: DemoBrowsers.SignIn, _ answer: Answer, at now: Instant
    ) -> DemoResponse {
        guard allows else {
            observer(
                DemoStep(
                    .provider, "\(signIn.user.username) denied '\(interaction.clientName)' access", isGood: false))
            return answer.refusing(Problem("access_denied", "the user said no"))
        }
        let grant = DemoGrant(
            clientID: interaction.clientID, user: signIn.user, resource: interaction.resource,
            scope: interaction.scope, nonce: interaction.nonce, signedInAt: signIn.at)
        let code = grants.makeCode(
            for: DemoGrants.PendingCode(
                grant: grant, redirectURI: interaction.redirectURI, codeChallenge: interaction.codeChallenge,
                expiresAt: now + DemoGrants.codeLifetime),
            at: now)
        observer(DemoStep(.provider, "\(signIn.user.username) allowed '\(interaction.clientName)' access"))
        return answer.granting(code)
    }

    private func signInPage(
        _ name: String, _ interaction: DemoInteraction, in browser: String, problem: String? = nil
    ) -> DemoResponse {
        pages.signIn(
            DemoPages.SignIn(
                client: interaction.clientName, action: "/interaction/\(name)",
                form: browsers.formToken(for: name, in: browser), problem: problem, users: DemoUser.everybody),
            status: problem == nil ? 200 : 403)
    }

    private func consentPage(
        _ name: String, _ interaction: DemoInteraction, for user: DemoUser, in browser: String
    ) -> DemoResponse {
        guard let redirectURI = DemoRedirectURI(interaction.redirectURI) else { return interactionIsOver }
        return pages.consent(
            DemoPages.Consent(
                client: interaction.clientName, action: "/interaction/\(name)",
                form: browsers.formToken(for: name, in: browser), user: user.fullName, email: user.email,
                resource: interaction.resource, scopes: interaction.scope.map { ($0, words(for: $0)) },
                destination: redirectURI.destination, destinationKind: redirectURI.destinationKind,
                formTarget: redirectURI.policySource))
    }

    private func words(for scope: String) -> String {
        if let known = configuration.resourceScopes.first(where: { $0.scope == scope }) { return known.text }
        return switch scope {
        case "openid": "know who you are"
        case "profile": "see your name"
        case "email": "see your e-mail address"
        case "offline_access": "stay connected until you stop the demo"
        default: "use"
        }
    }

    private func redirect(to path: String, browser: String) -> DemoResponse {
        let lifetime = DemoBrowsers.sessionLifetime.components.seconds
        return DemoResponse(
            status: 303,
            fields: [
                ("Location", path), ("Cache-Control", "no-store"),
                (
                    "Set-Cookie",
                    "\(DemoBrowsers.cookieName)=\(browser); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(lifetime)"
                ),
            ])
    }

    private func refuse(_ text: String, status: Int = 400) -> DemoResponse {
        observer(DemoStep(.provider, text, isGood: false))
        return pages.failure(status, title: "This cannot go on", text: text)
    }

    private var interactionIsOver: DemoResponse {
        pages.failure(
            400, title: "This sign-in is over",
            text: "It was answered already, is too old, or began in another browser.")
    }

    private static func isBrowserName(_ text: String) -> Bool { text.utf8.count == 43 }
}
