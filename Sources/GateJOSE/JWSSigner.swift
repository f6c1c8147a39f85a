// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import CryptoExtras
public import GateJSON

/// A private key that signs JWTs.
///
/// For the demo's identity provider and for tests; the gateway itself signs nothing with it. Keys live in memory only.
public struct JWSSigner: Sendable {
    public let algorithm: JWAlgorithm
    public let keyID: String
    private let key: PrivateKey

    private enum PrivateKey: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    /// Makes a fresh key; RSA keys have 2048 bits.
    public static func make(_ algorithm: JWAlgorithm, keyID: String) throws(JOSEError) -> JWSSigner {
        let key: PrivateKey
        switch algorithm.family {
        case .rsa:
            guard let fresh = try? _RSA.Signing.PrivateKey(keySize: .bits2048) else {
                throw JOSEError(.signing, "cannot make an RSA key")
            }
            key = .rsa(fresh)
        case .p256: key = .p256(P256.Signing.PrivateKey())
        case .p384: key = .p384(P384.Signing.PrivateKey())
        case .p521: key = .p521(P521.Signing.PrivateKey())
        case .ed25519: key = .ed25519(Curve25519.Signing.PrivateKey())
        }
        return JWSSigner(algorithm: algorithm, keyID: keyID, key: key)
    }

    public static func makeES256(keyID: String) throws(JOSEError) -> JWSSigner { try make(.ES256, keyID: keyID) }

    public static func makeRS256(keyID: String) throws(JOSEError) -> JWSSigner { try make(.RS256, keyID: keyID) }

    /// The same key under another of its family's algorithms.
    public func using(_ algorithm: JWAlgorithm) throws(JOSEError) -> JWSSigner {
        guard algorithm.family == self.algorithm.family else {
            throw JOSEError(.signing, "the key is not for this algorithm")
        }
        return JWSSigner(algorithm: algorithm, keyID: keyID, key: key)
    }

    /// The public half as it goes into a JWK Set, with `kid`, `use` and `alg`.
    public var publicJWK: JSONObject {
        var object: JSONObject = ["kid": .string(keyID), "use": "sig", "alg": .string(algorithm.rawValue)]
        func add(_ curve: String, _ point: [UInt8]) {
            object["kty"] = "EC"
            object["crv"] = .string(curve)
            object["x"] = .string(Base64URL.encode(point[1..<(1 + point.count / 2)]))
            object["y"] = .string(Base64URL.encode(point[(1 + point.count / 2)...]))
        }
        switch key {
        case .rsa(let key):
            guard let numbers = try? key.publicKey.getKeyPrimitives() else { return object }
            object["kty"] = "RSA"
            object["n"] = .string(Base64URL.encode(numbers.modulus))
            object["e"] = .string(Base64URL.encode(numbers.publicExponent))
        case .p256(let key): add("P-256", [UInt8](key.publicKey.x963Representation))
        case .p384(let key): add("P-384", [UInt8](key.publicKey.x963Representation))
        case .p521(let key): add("P-521", [UInt8](key.publicKey.x963Representation))
        case .ed25519(let key):
            object["kty"] = "OKP"
            object["crv"] = "Ed25519"
            object["x"] = .string(Base64URL.encode(key.publicKey.rawRepresentation))
        }
        return object
    }

    /// A compact JWS with `alg`, `kid` and, unless nil, `typ` in its header.
    public func sign(payload: JSONObject, type: String? = "JWT") throws(JOSEError) -> String {
        var header: JSONObject = ["alg": .string(algorithm.rawValue), "kid": .string(keyID)]
        if let type { header["typ"] = .string(type) }
        return try sign(
            header: JSONValue.object(header).serialized(),
            payload: JSONValue.object(payload).serialized()
        )
    }

    /// A compact JWS of exactly these octets, whatever they claim.
    package func sign(header: [UInt8], payload: [UInt8]) throws(JOSEError) -> String {
        let input = Base64URL.encode(header) + "." + Base64URL.encode(payload)
        return input + "." + Base64URL.encode(try signature(for: Array(input.utf8)))
    }

    /// The signature's octets as they stand in a JWS (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
    package func signature(for message: [UInt8]) throws(JOSEError) -> [UInt8] {
        do {
            return switch (key, algorithm) {
            case (.rsa(let key), .RS384): try key.sign(SHA384.hash(data: message), .insecurePKCS1v1_5)
            case (.rsa(let key), .RS512): try key.sign(SHA512.hash(data: message), .insecurePKCS1v1_5)
            case (.rsa(let key), .PS256): try key.sign(SHA256.hash(data: message), .PSS)
            case (.rsa(let key), .PS384): try key.sign(SHA384.hash(data: message), .PSS)
            case (.rsa(let key), .PS512): try key.sign(SHA512.hash(data: message), .PSS)
            case (.rsa(let key), _): try key.sign(SHA256.hash(data: message), .insecurePKCS1v1_5)
            case (.p256(let key), _): [UInt8](try key.signature(for: message).rawRepresentation)
            case (.p384(let key), _): [UInt8](try key.signature(for: message).rawRepresentation)
            case (.p521(let key), _): [UInt8](try key.signature(for: message).rawRepresentation)
            case (.ed25519(let key), _): [UInt8](try key.signature(for: message))
            }
        } catch {
            throw JOSEError(.signing, "cannot sign")
        }
    }
}

extension _RSA.Signing.PrivateKey {
    fileprivate func sign(_ digest: some Digest, _ padding: _RSA.Signing.Padding) throws -> [UInt8] {
        [UInt8](try signature(for: digest, padding: padding).rawRepresentation)
    }
}
