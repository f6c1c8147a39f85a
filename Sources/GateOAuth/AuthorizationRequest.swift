// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// A request for an authorization code with PKCE (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2); no other response type exists here.
///
/// A server reads it in two steps. ``Sender`` says who asks and where the answer would go; until both are proven, errors are shown to
/// the person and never redirected (RFC 6749 §4.1.2.1). Then the rest is read, whose errors go back to the client.
///
/// ```swift
/// let form = try AuthorizationRequest.parameters(query)
/// let sender = try AuthorizationRequest.Sender(parsing: form)                      // shown
/// let redirectURI = try sender.redirectURI(among: client.redirectURIs)             // shown
/// let request = try AuthorizationRequest(parsing: form, to: redirectURI)           // redirected
/// ```
public struct AuthorizationRequest: Sendable, Hashable {
    /// Who asks, and where the answer would go.
    public struct Sender: Sendable, Hashable {
        public var clientID: ClientID
        /// As it came, not yet looked at.
        public var redirectURI: String?
        /// Given back as it came, with every answer.
        public var state: String?

        public init(parsing form: FormParameters) throws(OAuthError) {
            guard let client = form.given("client_id") else {
                throw OAuthError(.invalidRequest, "client_id is missing")
            }
            clientID = ClientID(client)
            redirectURI = form.given("redirect_uri")
            state = form.given("state")
        }

        /// The address of the answer: the one asked for if a registered one admits it, the only registered one if none was asked for
        /// (RFC 6749 §3.1.2.3).
        ///
        /// - Parameter applicationSchemes: see ``RedirectURI/init(_:applicationSchemes:)``.
        public func redirectURI(
            among registered: [RedirectURI], applicationSchemes: Set<String> = []
        ) throws(OAuthError) -> RedirectURI {
            guard let redirectURI else {
                guard let only = registered.first, registered.count == 1 else {
                    throw OAuthError(.invalidRequest, "redirect_uri is missing")
                }
                return only
            }
            guard let wanted = RedirectURI(redirectURI, applicationSchemes: applicationSchemes),
                registered.contains(where: { $0.admits(wanted) })
            else { throw OAuthError(.invalidRequest, "redirect_uri is not registered") }
            return wanted
        }
    }

    public var clientID: ClientID
    public var redirectURI: RedirectURI
    public var state: String?
    /// Nil when the client leaves it to the server (RFC 6749 §3.3).
    public var scope: Scope?
    public var codeChallenge: CodeChallenge
    public var resources: [ResourceIndicator]
    /// OpenID Connect Core §3.1.2.1.
    public var nonce: String?
    /// OpenID Connect Core §3.1.2.1: `none`, `login`, `consent`, `select_account`.
    public var prompt: [String]

    public init(
        clientID: ClientID, redirectURI: RedirectURI, state: String?, scope: Scope?, codeChallenge: CodeChallenge,
        resources: [ResourceIndicator] = [], nonce: String? = nil, prompt: [String] = []
    ) {
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.state = state
        self.scope = scope
        self.codeChallenge = codeChallenge
        self.resources = resources
        self.nonce = nonce
        self.prompt = prompt
    }

    /// Reads a query or form; every parameter but `resource` may stand once (RFC 6749 §3.1, RFC 8707 §2).
    public static func parameters(_ text: String) throws(OAuthError) -> FormParameters {
        do throws(FormParameters.ParseError) {
            return try FormParameters(parsing: text, mayRepeat: ["resource"])
        } catch {
            throw OAuthError(.invalidRequest, "the parameters are malformed, or one stands twice")
        }
    }

    /// Reads the whole request for a redirect URI that is proven. Parameters that are not known are ignored (RFC 6749 §3.1).
    public init(parsing form: FormParameters, to redirectURI: RedirectURI) throws(OAuthError) {
        let sender = try Sender(parsing: form)
        guard let type = form.given("response_type") else {
            throw OAuthError(.invalidRequest, "response_type is missing")
        }
        guard type == "code" else { throw OAuthError(.unsupportedResponseType, "response_type must be code") }
        guard form.given("response_mode") ?? "query" == "query" else {
            throw OAuthError(.invalidRequest, "response_mode must be query")
        }
        guard form["request"] == nil else { throw OAuthError(.requestNotSupported) }
        guard form["request_uri"] == nil else { throw OAuthError(.requestURINotSupported) }
        guard let challenge = form.given("code_challenge") else {
            throw OAuthError(.invalidRequest, "code_challenge is missing (PKCE)")
        }
        guard let codeChallenge = CodeChallenge(challenge, method: form.given("code_challenge_method")) else {
            throw OAuthError(.invalidRequest, "code_challenge must be made with the method S256")
        }
        self.init(
            clientID: sender.clientID, redirectURI: redirectURI, state: sender.state,
            scope: form.given("scope").map { Scope(parsing: $0) }, codeChallenge: codeChallenge,
            resources: try ResourceIndicator.read(from: form), nonce: form.given("nonce"),
            prompt: form.given("prompt")?.split(separator: " ").map(String.init) ?? [])
    }

    /// The request as a client sends it.
    public var parameters: FormParameters {
        var form = FormParameters([
            ("response_type", "code"), ("client_id", clientID.rawValue), ("redirect_uri", redirectURI.text),
            ("code_challenge", codeChallenge.text), ("code_challenge_method", "S256"),
        ])
        form.append("state", state)
        form.append("scope", scope?.formatted)
        form.append("nonce", nonce)
        form.append("prompt", prompt.isEmpty ? nil : prompt.joined(separator: " "))
        for resource in resources { form.append("resource", resource.rawValue) }
        return form
    }

    /// Where a client sends the person, the endpoint's own query kept (RFC 6749 §3.1).
    public func location(at endpoint: HTTPURL) -> String {
        endpoint.description + (endpoint.query == nil ? "?" : "&") + parameters.encoded
    }
}

extension ResourceIndicator {
    /// The resources of a request (RFC 8707 §2): absolute URIs without a fragment.
    static func read(from form: FormParameters) throws(OAuthError) -> [ResourceIndicator] {
        var resources: [ResourceIndicator] = []
        for text in form.all("resource") where !text.isEmpty {
            guard let colon = text.firstIndex(of: ":"), colon != text.startIndex, !text.contains("#"),
                text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw OAuthError(.invalidTarget, "resource must be an absolute URI without a fragment") }
            let resource = ResourceIndicator(text)
            if !resources.contains(resource) { resources.append(resource) }
        }
        return resources
    }
}
