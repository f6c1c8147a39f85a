// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth
package import GateTime

/// What a validator says of a token.
package enum TokenVerdict: Sendable {
    case accepted(ValidatedToken)
    /// Another validator may know it: other issuer, other form.
    case notResponsible
    case rejected(TokenRejection)
    /// Nobody can say now, because a dependency is out: becomes 503, never 401.
    case unavailable(DependencyFailure)
}

/// A token that was checked in full: signature or introspection, issuer, audience, times.
package struct ValidatedToken: Sendable {
    package var principal: Principal
    /// When the verdict ends: the token's `exp` (without leeway), or the introspection cache's limit if that is sooner.
    package var validUntil: Instant
    /// When the token itself ends, as far as anybody said: a stream that it opened may last until then.
    package var expiresAt: Instant
    /// The verdict holds only as long as the validator's keys do.
    package var validity: Validity

    package init(principal: Principal, validUntil: Instant, expiresAt: Instant? = nil, validity: Validity) {
        self.principal = principal
        self.validUntil = validUntil
        self.expiresAt = expiresAt ?? validUntil
        self.validity = validity
    }
}

/// Why a token is refused; the client learns the case, never the values.
package enum TokenRejection: Sendable, Hashable, CaseIterable {
    /// Not a token that any configured provider could have issued: parts, encoding, JSON, size, header.
    case malformed
    case signature
    /// Signed with a key, algorithm or type that is not accepted.
    case algorithm
    case keyUnknown
    case issuer
    case audience
    case expired
    case notYetValid
    /// Introspection or the provider said that it is not active.
    case revoked
    /// A claim that policy needs is missing or of the wrong shape.
    case claims
    /// A token of another kind: an ID token, a refresh token, a sender-constrained token presented as bearer.
    case tokenType
}

/// Which dependency failed, for 503 and for the operator; `detail` never holds a secret.
package struct DependencyFailure: Sendable, Hashable {
    package enum Dependency: String, Sendable { case discovery, keys = "jwks", introspection, providerAPI = "provider" }
    package var dependency: Dependency
    package var provider: ProviderID
    package var detail: String
    /// When another try makes sense: `Retry-After`.
    package var retryAfter: Duration

    package init(_ dependency: Dependency, provider: ProviderID, detail: String, retryAfter: Duration = .seconds(5)) {
        self.dependency = dependency
        self.provider = provider
        self.detail = detail
        self.retryAfter = retryAfter
    }
}
