// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON
import GateTime

/// The key and the token of RFC 7515 appendix A.3.
private let publishedKey: JSONObject = [
    "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
]
private let signedInput = """
    eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ
    """
private let keys = (try? JWK(parsing: publishedKey)).map { JWKSet(keys: [$0]) }
private let checks = ClaimChecks(issuer: .exactly(["joe"]), audiences: ["a"])

/// A token has one spelling, and only what the key's owner signed verifies.
@Sendable func fuzzJWS(_ bytes: [UInt8]) {
    guard let token = try? JWSCompact(parsing: bytes) else { return }
    let spelled = token.signingInput + [UInt8(ascii: ".")] + Array(Base64URL.encode(token.signature).utf8)
    precondition(spelled == bytes, "the token has another spelling")
    precondition(!token.header.algorithm.isEmpty)

    guard let keys else { preconditionFailure("the published key is not read") }
    let isGenuine = (try? JWSVerifier(keys: keys).verify(token)) != nil
    precondition(!isGenuine || token.signingInput == Array(signedInput.utf8), "a forged token verifies")

    guard let claims = try? JWTClaims(token.payload) else { return }
    let now = Instant(seconds: 1_300_819_000)
    if (try? checks.validate(claims, header: token.header, at: now)) != nil {
        precondition(claims.issuer == "joe" && claims.audiences.contains("a") && claims["cnf"] == nil)
        precondition(claims.expiresAt.map { now - .seconds(60) < $0 } ?? false, "an expired token is accepted")
    }
}
