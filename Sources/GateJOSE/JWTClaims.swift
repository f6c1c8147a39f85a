// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON
public import GateTime

/// The claims of a JWT with the registered ones read (RFC 7519 §4.1).
///
/// A registered claim of the wrong type is an error, never treated as absent.
public struct JWTClaims: Sendable {
    public let object: JSONObject
    public let issuer: String?
    public let subject: String?
    /// `aud`, written as one string or as an array of strings; empty when absent.
    public let audiences: [String]
    public let expiresAt: Instant?
    public let notBefore: Instant?
    public let issuedAt: Instant?

    public init(_ object: JSONObject) throws(JOSEError) {
        self.object = object
        issuer = try Self.text(object, "iss")
        subject = try Self.text(object, "sub")
        audiences = try Self.audiences(object["aud"])
        expiresAt = try Self.instant(object, "exp")
        notBefore = try Self.instant(object, "nbf")
        issuedAt = try Self.instant(object, "iat")
    }

    public subscript(name: String) -> JSONValue? { object[name] }

    private static func text(_ object: JSONObject, _ name: String) throws(JOSEError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw JOSEError(.claims, "the \(name) claim is not a string") }
        return text
    }

    private static func audiences(_ value: JSONValue?) throws(JOSEError) -> [String] {
        switch value {
        case nil: return []
        case .string(let one)?: return [one]
        case .array?, .null?, .bool?, .number?, .object?:
            guard let several = value?.strings else {
                throw JOSEError(.claims, "the aud claim is neither a string nor an array of strings")
            }
            return several
        }
    }

    /// A NumericDate (RFC 7519 §2): a JSON number, maybe fractional, whose seconds fit 64 bits.
    private static func instant(_ object: JSONObject, _ name: String) throws(JOSEError) -> Instant? {
        guard let value = object[name] else { return nil }
        guard let number = value.number else { throw JOSEError(.claims, "the \(name) claim is not a number") }
        if let seconds = number.int64 { return Instant(seconds: seconds) }
        guard let double = number.double, let seconds = Int64(exactly: double.rounded(.down)) else {
            throw JOSEError(.claims, "the \(name) claim is out of range")
        }
        return Instant(seconds: seconds, nanoseconds: UInt32((double - double.rounded(.down)) * 1_000_000_000))
    }
}
