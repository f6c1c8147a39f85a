// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// An identifier that is compared code point by code point.
///
/// `String` compares by canonical equivalence, for which the Kelvin sign is a K; issuers, audiences and client ids must not be.
public protocol ExactIdentifier: Sendable, Hashable, CustomStringConvertible {
    var rawValue: String { get }
    init(_ rawValue: String)
}

extension ExactIdentifier {
    public var description: String { rawValue }
    public static func == (a: Self, b: Self) -> Bool { a.rawValue.utf8.elementsEqual(b.rawValue.utf8) }
    public func hash(into hasher: inout Hasher) {
        for octet in rawValue.utf8 { hasher.combine(octet) }
    }
}

/// The alias of an identity provider, as in `/.auth/login/<alias>`: `aad`, `google`, `github`, or a custom name.
public struct ProviderID: ExactIdentifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }

    public static let entra = ProviderID("aad")
    public static let google = ProviderID("google")
    public static let gitHub = ProviderID("github")
    public static let facebook = ProviderID("facebook")
    public static let x = ProviderID("twitter")
    public static let apple = ProviderID("apple")
    public static let microsoftAccount = ProviderID("microsoftaccount")
}

/// An OAuth client identifier (RFC 6749 §2.2): opaque, compared exactly.
public struct ClientID: ExactIdentifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// An issuer identifier (RFC 8414 §2), kept byte for byte as configured and compared exactly (RFC 3986 §6.2.1).
public struct IssuerURL: ExactIdentifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The protected resource's identifier (RFC 8707 §2, RFC 9728 §1.2): an absolute URI without a fragment.
public struct ResourceIndicator: ExactIdentifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}
