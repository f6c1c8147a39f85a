// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The alias of an identity provider, as in `/.auth/login/<alias>`: `aad`, `google`, `github`, or a custom name.
public struct ProviderID: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static let entra = ProviderID("aad")
    public static let google = ProviderID("google")
    public static let gitHub = ProviderID("github")
    public static let facebook = ProviderID("facebook")
    public static let x = ProviderID("twitter")
    public static let apple = ProviderID("apple")
    public static let microsoftAccount = ProviderID("microsoftaccount")
}

/// An OAuth client identifier (RFC 6749 §2.2): opaque, compared exactly.
public struct ClientID: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}

/// An issuer identifier (RFC 8414 §2), kept byte for byte as configured and compared exactly (RFC 3986 §6.2.1).
public struct IssuerURL: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}

/// The protected resource's identifier (RFC 8707 §2, RFC 9728 §1.2): an absolute URI without a fragment.
public struct ResourceIndicator: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}
