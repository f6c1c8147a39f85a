// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// The signature algorithms we verify (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// `none` and the HMAC algorithms are missing on purpose: a gateway verifies with published keys, and a published key
/// is no secret (RFC 8725 §2.1).
public enum JWAlgorithm: String, Sendable, Hashable, CaseIterable {
    case RS256, RS384, RS512
    case PS256, PS384, PS512
    case ES256, ES384, ES512
    case EdDSA

    /// What an issuer may use unless its settings say otherwise.
    public static let defaults: Set<JWAlgorithm> = [.RS256, .PS256, .ES256, .ES384, .EdDSA]

    /// The algorithm of that exact name (RFC 7515 §4.1.1: case-sensitive). `Ed25519` is the other name of EdDSA with
    /// that curve (RFC 9864 §2.2).
    public init?(name: String) {
        switch JWAlgorithm.allCases.first(where: { $0.rawValue.isExactly(name) }) {
        case let known?: self = known
        case nil where name.isExactly("Ed25519"): self = .EdDSA
        case nil: return nil
        }
    }

    /// The kind of key an algorithm needs; curves count as kinds, since each belongs to one algorithm.
    package enum Family: Sendable, Hashable { case rsa, p256, p384, p521, ed25519 }

    package var family: Family {
        switch self {
        case .RS256, .RS384, .RS512, .PS256, .PS384, .PS512: .rsa
        case .ES256: .p256
        case .ES384: .p384
        case .ES512: .p521
        case .EdDSA: .ed25519
        }
    }
}
