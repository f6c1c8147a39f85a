// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import CryptoExtras
public import GateJSON

/// A public key for verifying signatures, as a JSON Web Key (RFC 7517, RFC 7518 §6, RFC 8037 §2).
///
/// A value of this type can be used: its material was checked (modulus size, exponent, point on curve) and its `use`,
/// `key_ops` and `alg` allow verification. Private members are ignored.
public struct JWK: Sendable {
    /// `kid`, an opaque string.
    public let keyID: String?
    /// `alg`: the only algorithm this key may be used with; nil when any of its family will do.
    public let algorithm: JWAlgorithm?
    /// `use` (RFC 7517 §4.2): `sig` or absent.
    public let use: String?
    /// `key_ops` (RFC 7517 §4.3): contains `verify`, or absent.
    public let keyOperations: [String]?
    /// Whether the document also held the private part of the key: whoever published it let everybody sign.
    public let exposesPrivateKey: Bool

    /// The members that define the key, in the order RFC 7638 §3.2 hashes them.
    private let required: JSONObject
    let material: PublicKey

    /// Throws ``JOSEError/Code/keyUnusable`` when the key cannot or must not verify signatures.
    public init(parsing object: JSONObject) throws(JOSEError) {
        keyID = try object.text("kid")
        use = try object.text("use")
        if let use, !use.isExactly("sig") { throw JOSEError(.keyUnusable, "the key's use is not sig") }
        keyOperations = try object.texts("key_ops")
        if let keyOperations, !keyOperations.contains(where: { $0.isExactly("verify") }) {
            throw JOSEError(.keyUnusable, "the key's key_ops do not include verify")
        }
        (material, required) = try Self.material(of: object)
        exposesPrivateKey = object["d"] != nil
        algorithm = try object.text("alg").map { (name) throws(JOSEError) in
            // "ES521" is a misspelling that documents following a draft of RFC 7520 still carry.
            guard let algorithm = JWAlgorithm(name: name.isExactly("ES521") ? "ES512" : name) else {
                throw JOSEError(.keyUnusable, "the key is for an algorithm that is not a supported signature algorithm")
            }
            return algorithm
        }
        if let algorithm, algorithm.family != material.family {
            throw JOSEError(.keyUnusable, "the key's alg does not fit its type and curve")
        }
    }

    /// Whether this key may be used with `algorithm`: its family, and its own `alg` if it names one.
    public func permits(_ algorithm: JWAlgorithm) -> Bool {
        algorithm.family == material.family && (self.algorithm == nil || self.algorithm == algorithm)
    }

    /// Whether `signature` over `message` was made with this key and `algorithm`, which the key must permit.
    ///
    /// Nothing is remembered between calls: a token that claims one algorithm never changes how the next is judged.
    public func isValid(_ signature: [UInt8], for message: [UInt8], algorithm: JWAlgorithm) -> Bool {
        permits(algorithm) && material.isValid(signature, for: message, algorithm: algorithm)
    }

    /// The SHA-256 thumbprint, base64url (RFC 7638).
    public var thumbprint: String {
        Base64URL.encode(SHA256.hash(data: JSONValue.object(required).serialized()))
    }
}

extension JWK {
    private static func material(of object: JSONObject) throws(JOSEError) -> (PublicKey, JSONObject) {
        guard let type = try object.text("kty") else { throw JOSEError(.keyUnusable, "the key has no kty") }
        if type.isExactly("RSA") { return try rsa(object) }
        if type.isExactly("EC") { return try elliptic(object) }
        if type.isExactly("OKP") { return try edwards(object) }
        throw JOSEError(.keyUnusable, "keys of this kty do not verify signatures here")
    }

    private static func rsa(_ object: JSONObject) throws(JOSEError) -> (PublicKey, JSONObject) {
        let modulus = try object.unsigned("n")
        let exponent = try object.unsigned("e")
        if let fault = RSAModulus.fault(modulus: modulus, exponent: exponent) { throw JOSEError(.keyUnusable, fault) }
        guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent) else {
            throw JOSEError(.keyUnusable, "not an RSA key")
        }
        let required: JSONObject = [
            "e": .string(Base64URL.encode(exponent)), "kty": "RSA", "n": .string(Base64URL.encode(modulus)),
        ]
        return (.rsa(key, modulusBytes: modulus.count), required)
    }

    private static func elliptic(_ object: JSONObject) throws(JOSEError) -> (PublicKey, JSONObject) {
        let curve = try object.text("crv") ?? ""
        let x = try object.octets("x")
        let y = try object.octets("y")
        let point = [0x04] + x + y
        let key: PublicKey?
        let size: Int
        // The initialisers refuse points that are not on the curve.
        if curve.isExactly("P-256") {
            (key, size) = ((try? P256.Signing.PublicKey(x963Representation: point)).map(PublicKey.p256), 32)
        } else if curve.isExactly("P-384") {
            (key, size) = ((try? P384.Signing.PublicKey(x963Representation: point)).map(PublicKey.p384), 48)
        } else if curve.isExactly("P-521") {
            (key, size) = ((try? P521.Signing.PublicKey(x963Representation: point)).map(PublicKey.p521), 66)
        } else {
            throw JOSEError(.keyUnusable, "the key's curve is not supported")
        }
        guard x.count == size, y.count == size else {
            throw JOSEError(.keyUnusable, "the key's coordinates have the wrong length (RFC 7518 §6.2.1.2)")
        }
        guard let key else { throw JOSEError(.keyUnusable, "the key's point is not on its curve") }
        let required: JSONObject = [
            "crv": .string(curve), "kty": "EC", "x": .string(Base64URL.encode(x)), "y": .string(Base64URL.encode(y)),
        ]
        return (key, required)
    }

    private static func edwards(_ object: JSONObject) throws(JOSEError) -> (PublicKey, JSONObject) {
        guard let curve = try object.text("crv"), curve.isExactly("Ed25519") else {
            throw JOSEError(.keyUnusable, "the key's curve is not supported")
        }
        let x = try object.octets("x")
        guard x.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else {
            throw JOSEError(.keyUnusable, "not an Ed25519 key")
        }
        return (.ed25519(key), ["crv": "Ed25519", "kty": "OKP", "x": .string(Base64URL.encode(x))])
    }
}

extension JSONObject {
    fileprivate func text(_ name: String) throws(JOSEError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw JOSEError(.keyUnusable, "the key's \(name) is not a string") }
        return text
    }

    fileprivate func texts(_ name: String) throws(JOSEError) -> [String]? {
        guard let value = self[name] else { return nil }
        guard let texts = value.strings else {
            throw JOSEError(.keyUnusable, "the key's \(name) is not an array of strings")
        }
        return texts
    }

    fileprivate func octets(_ name: String) throws(JOSEError) -> [UInt8] {
        guard let text = try text(name), let octets = Base64URL.decode(text) else {
            throw JOSEError(.keyUnusable, "the key's \(name) is missing or not base64url")
        }
        return octets
    }

    /// A Base64urlUInt. One leading zero octet is forgiven, since some libraries write it (RFC 7518 §6.3.1.1).
    fileprivate func unsigned(_ name: String) throws(JOSEError) -> [UInt8] {
        var octets = try octets(name)
        if octets.count > 1, octets[0] == 0 { octets.removeFirst() }
        guard let first = octets.first, first != 0 else {
            throw JOSEError(.keyUnusable, "the key's \(name) is not a positive integer without leading zeros")
        }
        return octets
    }
}
