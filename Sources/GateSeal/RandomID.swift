// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// Texts that nobody can guess.
package enum RandomID {
    /// Octets of the system's randomness.
    package static func octets(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// - Parameter count: octets of randomness: 16 are 128 bits, written as 22 base64url characters.
    package static func make(octets count: Int = 16) -> String { Base64URL.encode(octets(count)) }
}
