// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto

/// Why secrets cannot be used to seal with.
package enum SealError: Error, Sendable, Hashable {
    /// No secret was given.
    case noSecret
    /// The secret at this place has fewer than 32 octets, or is one octet over and over.
    case weakSecret(Int)
    /// The secret at this place stands before it already.
    case repeatedSecret(Int)
}

/// Seals octets so that only this ring opens them, and nobody can change them: AES-256-GCM with keys derived for each purpose (RFC 5869).
///
/// ```swift
/// let ring = try KeyRing(secrets: [current, previous])   // rotation: the first one seals, all open
/// let box = ring.seal(octets, for: .session)
/// ring.open(box.span, for: .session)                     // the octets; nil for anything else
/// ```
/// A box is the version octet 1, four octets that tell which secret sealed it, the nonce (12), the sealed octets, and the tag (16).
package struct KeyRing: Sendable {
    /// Octets that a box has more than what is in it.
    package static let overhead = headerBytes + nonceBytes + tagBytes

    private static let version: UInt8 = 1
    private static let headerBytes = 5
    private static let nonceBytes = 12
    private static let tagBytes = 16

    private struct Secret: Sendable {
        let id: [UInt8]
        let material: SymmetricKey
    }

    private let secrets: [Secret]

    /// - Parameter secrets: at least 32 octets of randomness each.
    package init(secrets octets: [[UInt8]]) throws(SealError) {
        guard !octets.isEmpty else { throw .noSecret }
        var secrets: [Secret] = []
        for (index, octets) in octets.enumerated() {
            guard octets.count >= 32, Set(octets).count > 1 else { throw .weakSecret(index) }
            let material = SymmetricKey(data: octets)
            let id = Array(
                HMAC<SHA256>.authenticationCode(for: Array("gatehouse key id".utf8), using: material).prefix(4))
            guard !secrets.contains(where: { $0.id == id }) else { throw .repeatedSecret(index) }
            secrets.append(Secret(id: id, material: material))
        }
        self.secrets = secrets
    }

    /// - Parameter context: must be the same when the box is opened; it is not in the box.
    package func seal(_ octets: [UInt8], for purpose: SealPurpose, context: [UInt8] = []) -> [UInt8] {
        let secret = secrets[0]
        let header = [Self.version] + secret.id
        let nonce = AES.GCM.Nonce()
        // It fails for sizes beyond any memory only; what comes back then opens nowhere.
        guard
            let box = try? AES.GCM.seal(
                octets, using: key(secret, purpose), nonce: nonce, authenticating: header + context)
        else { return [] }
        return header + Array(nonce) + Array(box.ciphertext) + Array(box.tag)
    }

    /// What is in the box; nil unless a secret of this ring sealed exactly this, for this purpose and context.
    package func open(_ box: [UInt8], for purpose: SealPurpose, context: [UInt8] = []) -> [UInt8]? {
        guard box.count >= Self.overhead, box[0] == Self.version else { return nil }
        let header = Array(box[..<Self.headerBytes])
        guard let secret = secrets.first(where: { $0.id.elementsEqual(header.dropFirst()) }) else { return nil }
        do {
            let sealed = try AES.GCM.SealedBox(combined: box[Self.headerBytes...])
            return Array(try AES.GCM.open(sealed, using: key(secret, purpose), authenticating: header + context))
        } catch {
            return nil
        }
    }

    private func key(_ secret: Secret, _ purpose: SealPurpose) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret.material, info: Array("gatehouse seal \(purpose.rawValue)".utf8),
            outputByteCount: 32)
    }
}
