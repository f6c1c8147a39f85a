// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON
import GateTestKit
import GateTime

/// Everything that stands between a token and being believed, in the order the product uses.
struct Judge {
    let mint: TokenMint
    let verifier: JWSVerifier
    var checks: ClaimChecks
    let now = FixedClock.start

    init(_ mint: TokenMint, algorithms: Set<JWAlgorithm> = JWAlgorithm.defaults) throws {
        self.mint = mint
        verifier = JWSVerifier(keys: try JWKSet(parsing: mint.keySet()), algorithms: algorithms)
        checks = mint.checks
    }

    /// Why the token is refused, or nil when it is accepted.
    func refusal(_ token: String) -> JOSEError.Code? {
        do throws(JOSEError) {
            let parsed = try JWSCompact(parsing: Array(token.utf8))
            try verifier.verify(parsed)
            try checks.validate(try JWTClaims(parsed.payload), header: parsed.header, at: now)
            return nil
        } catch {
            return error.code
        }
    }
}
