// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateOAuth

/// A bearer token taken apart, with nothing about it believed yet.
enum TokenForm: Sendable {
    case jwt(UnverifiedJWT)
    /// No JWT, but of the shape that RFC 6750 §2.1 allows.
    case opaque
    case refused(TokenRejection)

    /// Longest opaque token that is sent on to anybody.
    private static let maximumOpaqueBytes = 4_096

    init(_ token: BearerToken) {
        let bytes = token.bytes
        guard !bytes.isEmpty, bytes.count <= JWSCompact.maximumBytes, TokenForm.isToken68(bytes) else {
            self = .refused(.malformed)
            return
        }
        let dots = bytes.count { $0 == UInt8(ascii: ".") }
        // What begins like a JSON object in base64url and has parts wants to be a JWT, whatever is wrong with it.
        let claimsToBeJWT = dots >= 1 && bytes.starts(with: "eyJ".utf8)
        guard dots == 2 || claimsToBeJWT else {
            self = bytes.count <= TokenForm.maximumOpaqueBytes ? .opaque : .refused(.malformed)
            return
        }
        do throws(JOSEError) {
            let jws = try JWSCompact(parsing: bytes)
            do throws(JOSEError) {
                self = .jwt(UnverifiedJWT(jws: jws, claims: try JWTClaims(jws.payload)))
            } catch {
                self = .refused(TokenRejection(error))
            }
        } catch {
            let mayBeOpaque = !claimsToBeJWT && bytes.count <= TokenForm.maximumOpaqueBytes
            self = mayBeOpaque ? .opaque : .refused(.malformed)
        }
    }

    /// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
    private static func isToken68(_ bytes: [UInt8]) -> Bool {
        var end = bytes.count
        while end > 0, bytes[end - 1] == UInt8(ascii: "=") { end -= 1 }
        guard end > 0 else { return false }
        var isGood = true
        for index in 0..<end where !isToken68(bytes[index]) { isGood = false }
        return isGood
    }

    /// The characters but padding, as bit sets.
    private static func isToken68(_ octet: UInt8) -> Bool {
        octet < 64
            ? 0x03FF_E800_0000_0000 & (UInt64(1) << UInt64(octet)) != 0
            : octet < 128 && 0x47FF_FFFE_87FF_FFFE & (UInt64(1) << UInt64(octet & 63)) != 0
    }
}

/// A JWT whose parts can be read; its claims only choose who is asked.
struct UnverifiedJWT: Sendable {
    let jws: JWSCompact
    let claims: JWTClaims

    /// A token without issuer has the issuer "".
    var issuer: String { claims.issuer ?? "" }
}

extension TokenRejection {
    init(_ error: JOSEError) {
        switch error.code {
        case .signature: self = .signature
        case .algorithm, .keyUnusable: self = .algorithm
        case .keyUnknown: self = .keyUnknown
        case .issuer: self = .issuer
        case .audience: self = .audience
        case .expired: self = .expired
        case .notYetValid: self = .notYetValid
        case .claims: self = .claims
        case .tokenType: self = .tokenType
        default: self = .malformed
        }
    }
}
