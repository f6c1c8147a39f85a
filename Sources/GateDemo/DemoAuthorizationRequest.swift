// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateTime

extension DemoIdentityProvider {
    /// Why a client's request is refused, in OAuth's words (RFC 6749 §4.1.2.1, RFC 8707 §2, OpenID Connect Core §3.1.2.6).
    struct Problem: Error {
        var code: String
        var description: String

        init(_ code: String, _ description: String) {
            self.code = code
            self.description = description
        }
    }

    /// Where the answer to an authorization request goes, and what every answer carries.
    struct Answer {
        var redirectURI: DemoRedirectURI
        var state: String?
        var issuer: String

        func granting(_ code: String) -> DemoResponse { redirect(FormParameters([("code", code)])) }

        func refusing(_ problem: Problem) -> DemoResponse {
            redirect(FormParameters([("error", problem.code), ("error_description", problem.description)]))
        }

        /// With `state` as it came, and `iss` (RFC 9207 §2).
        private func redirect(_ parameters: FormParameters) -> DemoResponse {
            var parameters = parameters
            parameters.append("state", state)
            parameters.append("iss", issuer)
            let location = redirectURI.adding(parameters)
            return DemoResponse(
                status: 303,
                fields: [("Location", location), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")])
        }
    }

    /// Checks everything of a request but its client and redirect URI.
    func interaction(
        for form: FormParameters, _ client: DemoClient, _ redirectURI: DemoRedirectURI, at now: Instant
    ) -> Result<DemoInteraction, Problem> {
        do {
            try checkShape(of: form)
            return .success(
                DemoInteraction(
                    clientID: client.id, clientName: client.name, redirectURI: redirectURI.text,
                    state: form.value("state"),
                    scope: try scope(in: form), resource: try resource(in: form),
                    codeChallenge: try codeChallenge(in: form), nonce: form.value("nonce"),
                    needsSignIn: form.value("prompt")?.split(separator: " ").contains("login") == true,
                    expiresAt: now + DemoBrowsers.interactionLifetime))
        } catch {
            return .failure(error)
        }
    }

    private func checkShape(of form: FormParameters) throws(Problem) {
        guard let type = form.value("response_type") else {
            throw Problem("invalid_request", "response_type is missing")
        }
        guard type == "code" else { throw Problem("unsupported_response_type", "response_type must be code") }
        guard form.value("response_mode") ?? "query" == "query" else {
            throw Problem("invalid_request", "response_mode must be query")
        }
        if form["request"] != nil { throw Problem("request_not_supported", "request objects are not supported") }
        if form["request_uri"] != nil { throw Problem("request_uri_not_supported", "request_uri is not supported") }
        // Consent is always asked for, so that a silent answer is never possible.
        if form.value("prompt")?.split(separator: " ").contains("none") == true {
            throw Problem("interaction_required", "a person has to agree")
        }
    }

    /// PKCE with S256 is not optional (RFC 7636 §4.3, OAuth 2.1 §4.1.1).
    private func codeChallenge(in form: FormParameters) throws(Problem) -> CodeChallenge {
        guard let text = form.value("code_challenge") else {
            throw Problem("invalid_request", "code_challenge is missing (PKCE)")
        }
        guard let challenge = CodeChallenge(text, method: form.value("code_challenge_method")) else {
            throw Problem("invalid_request", "code_challenge must be made with the method S256")
        }
        return challenge
    }

    /// One of ours, or the default when none is named (RFC 8707 §2).
    func resource(in form: FormParameters) throws(Problem) -> String {
        guard form.all("resource").count <= 1 else { throw Problem("invalid_target", "one resource at a time") }
        guard let resource = form.value("resource") ?? configuration.resources.first,
            configuration.resources.contains(resource)
        else { throw Problem("invalid_target", "the resource is not known here") }
        return resource
    }

    /// What was asked for and exists; what the resource needs when nothing was asked for.
    private func scope(in form: FormParameters) throws(Problem) -> [String] {
        guard let asked = form.value("scope") else { return configuration.resourceScopes.map(\.scope) }
        var scope: [String] = []
        for token in asked.split(separator: " ").map(String.init)
        where allScopes.contains(token) && !scope.contains(token) {
            scope.append(token)
        }
        guard !scope.isEmpty else { throw Problem("invalid_scope", "none of these scopes exists here") }
        return scope
    }
}
