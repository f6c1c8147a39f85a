// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// Decides whether a token was signed by one of an issuer's keys.
///
/// The algorithm must be on the issuer's list, fit the key's family, and be the key's own `alg` if it names one; the
/// token's header only chooses among what these leave (RFC 8725 §3.1). A value holds no state: nothing a stranger sends
/// can change how the next token is judged.
public struct JWSVerifier: Sendable {
    public let keys: JWKSet
    public let algorithms: Set<JWAlgorithm>

    /// Keys of one `kid` that are tried.
    public static let maximumKeysPerID = 8
    /// Keys that are tried for a token without `kid`; with more to choose from it is refused.
    public static let maximumKeysWithoutID = 4

    public init(keys: JWKSet, algorithms: Set<JWAlgorithm> = JWAlgorithm.defaults) {
        self.keys = keys
        self.algorithms = algorithms
    }

    /// Returns when the signature is good.
    ///
    /// Throws ``JOSEError/Code/keyUnknown`` when no key has the token's `kid`, or when the token names none and none of
    /// the keys that fit verifies it: then a newer key set may help. Any other error is final.
    public func verify(_ token: JWSCompact) throws(JOSEError) {
        try verify(token.parts)
    }

    package func verify(_ token: JWSParts) throws(JOSEError) {
        guard let algorithm = JWAlgorithm(name: token.header.algorithm), algorithms.contains(algorithm) else {
            throw JOSEError(.algorithm, "the algorithm is not allowed for this issuer")
        }
        if let keyID = token.header.keyID {
            try verify(token, algorithm, keyID: keyID)
        } else {
            try verifyWithoutID(token, algorithm)
        }
    }

    private func verify(_ token: JWSParts, _ algorithm: JWAlgorithm, keyID: String) throws(JOSEError) {
        var named = 0
        var tried = 0
        for key in keys.keys where key.keyID?.isExactly(keyID) == true {
            named += 1
            guard key.permits(algorithm), tried < Self.maximumKeysPerID else { continue }
            tried += 1
            if key.isValid(token.signature, for: token.signingInput, algorithm: algorithm) { return }
        }
        if named == 0 { throw JOSEError(.keyUnknown, "no key has the token's kid") }
        if tried == 0 { throw JOSEError(.algorithm, "the key with the token's kid is not for this algorithm") }
        throw JOSEError(.signature, "the signature does not verify")
    }

    private func verifyWithoutID(_ token: JWSParts, _ algorithm: JWAlgorithm) throws(JOSEError) {
        let fitting = keys.keys.filter { $0.permits(algorithm) }
        guard fitting.count <= Self.maximumKeysWithoutID else {
            throw JOSEError(.signature, "the token names no key and too many would fit")
        }
        for key in fitting where key.isValid(token.signature, for: token.signingInput, algorithm: algorithm) { return }
        throw JOSEError(.keyUnknown, "the token names no key and none that fits verifies it")
    }
}
