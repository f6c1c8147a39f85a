// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJOSE
import GateJSON
import GateOAuth
import GateTime

/// Checks the ID token that came with a code (OpenID Connect Core §3.1.3.7; defence D23).
///
/// Signature, issuer, audience and times are checked as any token's are, with the same keys; what only ID tokens have is checked here.
struct IDTokenValidator: Sendable {
    /// Its verified claims.
    struct Claims: Sendable {
        var object: JSONObject
        let issuer: String
    }

    private let tokens: JWTAccessTokenValidator
    private let clientID: ClientID

    /// - Parameter tokens: accepts ID tokens whose audience is the client.
    init(_ tokens: JWTAccessTokenValidator, clientID: ClientID) {
        self.tokens = tokens
        self.clientID = clientID
    }

    func mayBe(issuer: String) -> Bool { tokens.isOwn(issuer: issuer) }

    func validate(
        _ idToken: Secret, nonce: String, accessToken: Secret, at now: Instant
    ) async throws(SignInFailure) -> Claims {
        let token = BearerToken(Array(idToken.revealed.utf8))
        switch await tokens.validate(token, at: now).value {
        case .accepted: break
        case .notResponsible: throw .refused(.idToken(.issuer))
        case .rejected(let reason): throw .refused(.idToken(reason))
        case .unavailable(let failure): throw .unavailable(failure)
        }
        guard case .jwt(let jwt) = TokenForm(token) else { throw .refused(.idToken(.malformed)) }
        let claims = jwt.claims
        guard claims.issuedAt != nil, claims.subject?.isEmpty == false else { throw .refused(.idToken(.claims)) }
        guard let shown = claims["nonce"]?.string, Secret(shown) == Secret(nonce) else { throw .refused(.nonce) }
        try checkAuthorizedParty(claims)
        try check(claims["at_hash"], of: accessToken, jwt.jws.header.algorithm)
        return Claims(object: claims.object, issuer: jwt.issuer)
    }

    private func checkAuthorizedParty(_ claims: JWTClaims) throws(SignInFailure) {
        if let party = claims["azp"] {
            guard party.string?.isExactly(clientID.rawValue) == true else { throw .refused(.authorizedParty) }
        } else if claims.audiences.count > 1 {
            throw .refused(.authorizedParty)
        }
    }

    /// The left half of the access token's digest, by the hash of the signature's algorithm (OpenID Connect Core §3.1.3.6).
    private func check(_ hash: JSONValue?, of token: Secret, _ algorithm: String) throws(SignInFailure) {
        guard let hash else { return }
        let octets = Array(token.revealed.utf8)
        let digest: [UInt8] =
            switch algorithm.suffix(3) {
            case "256": Array(SHA256.hash(data: octets))
            case "384": Array(SHA384.hash(data: octets))
            default: Array(SHA512.hash(data: octets))
            }
        guard let shown = hash.string, shown.isExactly(Base64URL.encode(digest.prefix(digest.count / 2))) else {
            throw .refused(.accessTokenHash)
        }
    }
}
