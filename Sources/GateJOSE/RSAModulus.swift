// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What can be told from an RSA public key about whether it deserves trust.
enum RSAModulus {
    /// Bits of the smallest modulus we verify with (RFC 7518 §3.3).
    static let smallest = 2_048
    /// Bits of the largest; beyond it each verification costs more than a request should.
    static let largest = 8_192

    /// Why the key must not be used, or nil. `modulus` has no leading zero octet.
    static func fault(modulus: [UInt8], exponent: [UInt8]) -> String? {
        guard let first = modulus.first, let last = modulus.last else { return "the RSA modulus is empty" }
        let bits = modulus.count * 8 - first.leadingZeroBitCount
        if bits < smallest { return "the RSA key is shorter than \(smallest) bits" }
        if bits > largest { return "the RSA key is longer than \(largest) bits" }
        if last & 1 == 0 { return "the RSA modulus is even" }
        if hasWeakPrimes(modulus) { return "the RSA key was made by a faulty generator (CVE-2017-15361)" }
        guard exponent.count <= 4 else { return "the RSA exponent is too large" }
        let value = exponent.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if value < 3 { return "the RSA exponent is too small" }
        if value & 1 == 0 { return "the RSA exponent is even" }
        return nil
    }

    /// Whether the modulus bears the mark of the ROCA generator, whose keys can be factored.
    ///
    /// That generator's primes, and hence its moduli, are powers of 65537 modulo every small prime; a random modulus is
    /// so for all of these primes with a probability of about 2⁻²⁷.
    static func hasWeakPrimes(_ modulus: [UInt8]) -> Bool {
        let primes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
        return primes.allSatisfy { prime in
            let remainder = modulus.reduce(0) { ($0 << 8 | Int($1)) % prime }
            var power = 1
            repeat {
                if power == remainder { return true }
                power = power * 65_537 % prime
            } while power != 1
            return false
        }
    }
}
