// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON

/// Every key that is kept can be used without trapping, and verifies nothing it has not signed.
@Sendable func fuzzJWKSet(_ bytes: [UInt8]) {
    guard let set = try? JWKSet(parsing: bytes) else { return }
    for key in set.keys.prefix(4) {
        precondition(key.thumbprint.utf8.count == 43)
        precondition(key.use == nil || key.use == "sig")
        for algorithm in JWAlgorithm.allCases where key.permits(algorithm) {
            for length in [0, 64, 96, 132, 256] {
                let signature = [UInt8](repeating: 1, count: length)
                precondition(!key.isValid(signature, for: [1, 2, 3], algorithm: algorithm), "garbage verifies")
            }
        }
    }
}
