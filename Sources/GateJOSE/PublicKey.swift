// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import CryptoExtras

/// A parsed public key, kept so that a verification never has to read the key again.
enum PublicKey: Sendable {
    case rsa(_RSA.Signing.PublicKey, modulusBytes: Int)
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)

    var family: JWAlgorithm.Family {
        switch self {
        case .rsa: .rsa
        case .p256: .p256
        case .p384: .p384
        case .p521: .p521
        case .ed25519: .ed25519
        }
    }

    /// Octets of every signature this key makes; a signature of any other length is refused unseen, so that one
    /// signature has one spelling (RFC 7518 §3.3, §3.4, §3.5).
    var signatureBytes: Int {
        switch self {
        case .rsa(_, let modulusBytes): modulusBytes
        case .p256, .ed25519: 64
        case .p384: 96
        case .p521: 132
        }
    }

    /// Whether `signature` over `message` is this key's, made with exactly `algorithm`.
    func isValid(_ signature: [UInt8], for message: [UInt8], algorithm: JWAlgorithm) -> Bool {
        guard signature.count == signatureBytes else { return false }
        switch (self, algorithm) {
        case (.rsa(let key, _), .RS256):
            return key.isValid(signature, SHA256.hash(data: message), .insecurePKCS1v1_5)
        case (.rsa(let key, _), .RS384):
            return key.isValid(signature, SHA384.hash(data: message), .insecurePKCS1v1_5)
        case (.rsa(let key, _), .RS512):
            return key.isValid(signature, SHA512.hash(data: message), .insecurePKCS1v1_5)
        case (.rsa(let key, _), .PS256): return key.isValid(signature, SHA256.hash(data: message), .PSS)
        case (.rsa(let key, _), .PS384): return key.isValid(signature, SHA384.hash(data: message), .PSS)
        case (.rsa(let key, _), .PS512): return key.isValid(signature, SHA512.hash(data: message), .PSS)
        case (.p256(let key), .ES256):
            guard let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: SHA256.hash(data: message))
        case (.p384(let key), .ES384):
            guard let parsed = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: SHA384.hash(data: message))
        case (.p521(let key), .ES512):
            guard let parsed = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: SHA512.hash(data: message))
        case (.ed25519(let key), .EdDSA): return key.isValidSignature(signature, for: message)
        case (.rsa, _), (.p256, _), (.p384, _), (.p521, _), (.ed25519, _): return false
        }
    }
}

extension _RSA.Signing.PublicKey {
    fileprivate func isValid(_ signature: [UInt8], _ digest: some Digest, _ padding: _RSA.Signing.Padding) -> Bool {
        isValidSignature(_RSA.Signing.RSASignature(rawRepresentation: signature), for: digest, padding: padding)
    }
}
