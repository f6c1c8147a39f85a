// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

/// Why a sign-in came to nothing; holds nothing secret.
package enum SignInFailure: Error, Sendable, Hashable {
    /// The person, or the provider on their behalf, said no.
    case denied(OAuthError)
    /// The provider answered with another error: its configuration or ours.
    case provider(OAuthError)
    /// What came cannot be trusted.
    case refused(Refusal)
    /// The provider does not answer, or not in a way that says anything.
    case unavailable(DependencyFailure)

    /// What is wrong with an answer (OpenID Connect Core §3.1.3.7, RFC 9207 §2.4).
    package enum Refusal: Sendable, Hashable {
        /// The `iss` parameter is missing or another's.
        case issuerParameter
        case idTokenMissing
        /// The ID token's signature, issuer, audience or times, as of any other token.
        case idToken(TokenRejection)
        case nonce
        /// Several audiences without `azp`, or one that is not us.
        case authorizedParty
        /// `at_hash` is not of this access token.
        case accessTokenHash
        /// Userinfo is about somebody else.
        case userInfoSubject
        /// A token of a type that we cannot use.
        case tokenType
        /// The provider did not say who it is.
        case subject

        /// For log and audit.
        package var word: String {
            switch self {
            case .issuerParameter: "iss"
            case .idTokenMissing: "id_token_missing"
            case .idToken(let rejection): "id_token_\(rejection)"
            case .nonce: "nonce"
            case .authorizedParty: "azp"
            case .accessTokenHash: "at_hash"
            case .userInfoSubject: "userinfo_sub"
            case .tokenType: "token_type"
            case .subject: "sub"
            }
        }
    }

    /// The answers by which a provider says no to a person (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
    private static let denials = [
        "access_denied", "consent_required", "login_required", "interaction_required", "account_selection_required",
    ]

    init(_ error: OAuthError) {
        self =
            Self.denials.contains { $0.utf8.elementsEqual(error.code.rawValue.utf8) }
            ? .denied(error) : .provider(error)
    }

    /// Entra's code for what went wrong, as in `AADSTS50011`; it helps whoever runs the site.
    package var providerCode: String? {
        guard case .provider(let error) = self,
            let mark = error.description.firstRange(of: "AADSTS")
        else { return nil }
        let digits = error.description[mark.upperBound...].prefix { $0.isASCII && $0.isNumber }
        return digits.isEmpty ? nil : "AADSTS\(digits)"
    }
}
