// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJSON
import Mustache

/// Renders the provider's pages; they hold no script and load nothing.
struct DemoPages: Sendable {
    struct SignIn {
        var client: String
        var action: String
        var form: String
        var problem: String?
        var users: [DemoUser]
    }

    struct Consent {
        var client: String
        var action: String
        var form: String
        var user: String
        var email: String
        var resource: String
        var scopes: [(scope: String, text: String)]
        var destination: String
        var destinationKind: String
        /// Where the form's answer may lead on to, as a source of the policy's `form-action`.
        var formTarget: String
    }

    private let signInTemplate: MustacheTemplate
    private let consentTemplate: MustacheTemplate
    private let failureTemplate: MustacheTemplate
    private let homeTemplate: MustacheTemplate
    private let stylePolicy: String

    /// - Throws: when a template is not well-formed, which tests exclude.
    init() throws {
        signInTemplate = try MustacheTemplate(string: DemoPageTemplates.signIn)
        consentTemplate = try MustacheTemplate(string: DemoPageTemplates.consent)
        failureTemplate = try MustacheTemplate(string: DemoPageTemplates.failure)
        homeTemplate = try MustacheTemplate(string: DemoPageTemplates.home)
        let digest = Base64.encode(Array(SHA256.hash(data: Array(DemoPageTemplates.style.utf8))))
        stylePolicy = "style-src 'sha256-\(digest)'"
    }

    func signIn(_ page: SignIn, status: Int = 200) -> DemoResponse {
        let users = page.users.map { ["username": $0.username, "password": $0.password] }
        var values: [String: Any] = [
            "title": "Sign in", "client": page.client, "action": page.action, "form": page.form, "users": users,
        ]
        values["problem"] = page.problem
        return response(status, signInTemplate, values, formAction: "'self'")
    }

    func consent(_ page: Consent) -> DemoResponse {
        let values: [String: Any] = [
            "title": "Allow access", "client": page.client, "action": page.action, "form": page.form,
            "user": page.user, "email": page.email, "resource": page.resource,
            "scopes": page.scopes.map { ["scope": $0.scope, "text": $0.text] }, "destination": page.destination,
            "destinationKind": page.destinationKind,
        ]
        // Browsers apply form-action to the redirects that follow, so it must let the answer reach the client, and a
        // client's own page lead on to its web site.
        return response(200, consentTemplate, values, formAction: "'self' \(page.formTarget) https:")
    }

    func failure(_ status: Int, title: String, text: String) -> DemoResponse {
        response(status, failureTemplate, ["title": title, "text": text], formAction: "'none'")
    }

    func home(issuer: String, resource: String) -> DemoResponse {
        response(
            200, homeTemplate, ["title": "Identity provider", "issuer": issuer, "resource": resource],
            formAction: "'none'")
    }

    private func response(
        _ status: Int, _ template: MustacheTemplate, _ values: [String: Any], formAction: String
    ) -> DemoResponse {
        var values = values
        values["style"] = DemoPageTemplates.style
        return DemoResponse(
            status: status,
            fields: [
                ("Content-Type", "text/html; charset=utf-8"),
                (
                    "Content-Security-Policy",
                    "default-src 'none'; \(stylePolicy); base-uri 'none'; frame-ancestors 'none'; "
                        + "form-action \(formAction)"
                ),
                ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
                ("Referrer-Policy", "no-referrer"),
            ],
            body: .bytes(Array(template.render(values).utf8)))
    }
}
