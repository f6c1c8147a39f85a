// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

/// Whether a provider's tokens can be judged now, and why not.
package struct ProviderHealth: Sendable, Hashable {
    package var provider: ProviderID
    /// What the provider is: its issuer, as configured or found.
    package var issuer: String
    /// False when every token of this provider is answered with 503.
    package var isReady: Bool
    /// What is wrong, also when old keys still serve; nil when nothing is. Holds nothing secret.
    package var detail: String?
    /// For providers whose tokens are JWTs.
    package var keys: KeyStatus?
}

/// One validator of a provider; a provider may have two, for JWTs and for opaque tokens.
enum ProviderPart: Sendable {
    case jwt(JWTAccessTokenValidator, issuer: String)
    case remote(RemoteTokenValidator, issuer: String)

    var jwtValidator: JWTAccessTokenValidator? {
        if case .jwt(let validator, _) = self { validator } else { nil }
    }

    var remoteValidator: RemoteTokenValidator? {
        if case .remote(let validator, _) = self { validator } else { nil }
    }

    var health: ProviderHealth {
        switch self {
        case .jwt(let validator, let issuer):
            let status = validator.keys.status()
            let detail = status.lastFailure ?? (status.isUsable ? nil : "the keys have not been fetched yet")
            return ProviderHealth(
                provider: validator.provider, issuer: issuer, isReady: status.isUsable, detail: detail, keys: status)
        case .remote(let validator, let issuer):
            // Nothing is asked before a token comes: the last answer is all that is known.
            let failure = validator.lastFailure
            return ProviderHealth(
                provider: validator.provider, issuer: issuer, isReady: failure == nil, detail: failure?.detail)
        }
    }
}
