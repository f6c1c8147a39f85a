// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The answer to an authorization request, which the person's browser carries to the client (RFC 6749 §4.1.2, RFC 9207 §2).
public struct AuthorizationResponse: Sendable, Hashable {
    public enum Outcome: Sendable, Hashable {
        case code(String)
        case error(OAuthError)
    }

    public var outcome: Outcome
    /// As it came with the request.
    public var state: String?
    /// Who answers; a client that knows whom it asked is not misled by another (RFC 9207 §2.4).
    public var issuer: IssuerURL?

    public init(_ outcome: Outcome, state: String?, issuer: IssuerURL?) {
        self.outcome = outcome
        self.state = state
        self.issuer = issuer
    }

    /// Reads what came to a client's redirect URI; repeated parameters were refused by ``FormParameters``.
    public init(parsing form: FormParameters) throws(OAuthError) {
        switch (form.given("code"), form.given("error")) {
        case (let code?, nil): outcome = .code(code)
        case (nil, let error?): outcome = .error(OAuthError(OAuthError.Code(error), form.given("error_description")))
        case (nil, nil), (_?, _?): throw OAuthError(.invalidRequest, "the response has to have a code or an error")
        }
        state = form.given("state")
        issuer = form.given("iss").map { IssuerURL($0) }
    }

    public var parameters: FormParameters {
        var form =
            switch outcome {
            case .code(let code): FormParameters([("code", code)])
            case .error(let error): FormParameters(error.parameters)
            }
        form.append("state", state)
        form.append("iss", issuer?.rawValue)
        return form
    }

    /// Where the browser is sent; only ever a redirect URI that is proven to be the client's.
    public func location(at redirectURI: RedirectURI) -> String { redirectURI.adding(parameters) }
}
