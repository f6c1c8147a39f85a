// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth
package import GateTime

/// An identity provider that people are signed in with: the relying party's half of OAuth 2.0 and OpenID Connect.
package protocol SignInProvider: Sendable {
    var id: ProviderID { get }
    /// Whether the answer comes as a form that the provider's page posts, rather than in the query.
    var usesFormPost: Bool { get }
    /// Where the person's browser is sent (RFC 6749 §4.1.1).
    func authorizationURL(for request: SignInRequest) async throws(SignInFailure) -> String
    /// Turns the answer into who signed in; ``SignInRequest`` must be the one that the answer's state belongs to.
    func redeem(
        _ response: AuthorizationResponse, for request: SignInRequest
    ) async throws(SignInFailure) -> SignInResult
}

/// One sign-in: what goes to the provider and must come back.
package struct SignInRequest: Sendable {
    package var state: String
    package var nonce: String
    package var verifier: Secret
    package var redirectURI: String
    /// Asked for besides what the provider's configuration says.
    package var scope: Scope?
    /// Hints that the link handed on; those that the protocol itself uses are left out.
    package var parameters: [(name: String, value: String)]

    package init(
        state: String, nonce: String, verifier: Secret, redirectURI: String, scope: Scope? = nil,
        parameters: [(name: String, value: String)] = []
    ) {
        self.state = state
        self.nonce = nonce
        self.verifier = verifier
        self.redirectURI = redirectURI
        self.scope = scope
        self.parameters = parameters
    }
}

/// Who signed in, and what the provider handed out.
package struct SignInResult: Sendable {
    package var principal: Principal
    package var tokens: ProviderTokens
}

/// The provider's tokens for the person's own use; never for the protected resource.
package struct ProviderTokens: Sendable {
    package var accessToken: Secret
    package var idToken: Secret?
    package var refreshToken: Secret?
    /// When the access token ends; nil when the provider did not say.
    package var expiresAt: Instant?
}
