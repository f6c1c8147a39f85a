// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJSON

/// Proof key for code exchange (RFC 7636), method S256 only.
public struct CodeChallenge: Sendable, Hashable {
    /// 43 base64url characters: a SHA-256 digest.
    public let text: String

    /// - Parameter method: must be `S256`; `plain` protects nobody.
    public init?(_ text: String, method: String?) {
        guard method == "S256", text.utf8.count == 43, let digest = Base64URL.decode(text), digest.count == 32 else {
            return nil
        }
        self.text = text
    }

    /// The challenge of a verifier.
    public init(verifier: String) { text = Base64URL.encode(SHA256.hash(data: Array(verifier.utf8))) }

    /// A verifier that nobody can guess: 32 octets of the system's randomness (RFC 7636 §4.1).
    public static func makeVerifier() -> String {
        var generator = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// True when the verifier has the form of RFC 7636 §4.1 and its digest is this challenge.
    public func matches(verifier: String) -> Bool {
        let allowed: (UInt8) -> Bool = {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
            default: false
            }
        }
        return (43...128).contains(verifier.utf8.count) && verifier.utf8.allSatisfy(allowed)
            && Secret(CodeChallenge(verifier: verifier).text) == Secret(text)
    }
}
