// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Why octets are not an HTTP message that every parser would read alike (RFC 9112; defences D11, D13, D15, D21).
public enum HTTPRefusal: Error, Sendable, Hashable {
    case requestLineMalformed, versionUnsupported, targetMalformed
    case fieldMalformed, fieldNameRefused, fieldValueRefused
    case hostMissing, hostMalformed, hostRepeated
    case framingAmbiguous, transferCodingUnsupported, contentLengthMalformed
    case fieldRepeated
    /// A second `Authorization` field (RFC 6750 §2, defence D8).
    case credentialRepeated
    case chunkMalformed, trailersTooLarge
    /// A head that is too large because of its `Authorization`: no token is that long, so this is answered as a bad token.
    case credentialTooLarge
    case headTooLarge, lineTooLong, tooManyFields, targetTooLong
    /// `CONNECT`, `TRACE` and the like, which a gate does not serve.
    case methodRefused
    case expectationUnknown
    /// The head or body did not arrive in time.
    case timedOut

    /// 400, 405, 408, 414, 417, 431, 501 or 505.
    public var status: Int {
        switch self {
        case .credentialTooLarge: 401
        case .headTooLarge, .lineTooLong, .tooManyFields, .trailersTooLarge: 431
        case .targetTooLong: 414
        case .versionUnsupported: 505
        case .transferCodingUnsupported: 400
        case .methodRefused: 405
        case .expectationUnknown: 417
        case .timedOut: 408
        default: 400
        }
    }
}
