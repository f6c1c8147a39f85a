// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON

/// The answer of an introspection endpoint (RFC 7662 §2.2), strictly: a member of the wrong type makes the whole answer invalid.
///
/// Of an inactive token nothing but that is read: the answer should say no more.
public struct IntrospectionResponse: Sendable, Hashable {
    public struct ParseError: Error, Sendable, Hashable { public let member: String }

    public var isActive: Bool
    /// All members, for claims mapping.
    public var claims: JSONObject = [:]
    public var issuer: String?
    public var subject: String?
    /// Of `aud`, a text or a list of texts.
    public var audiences: [String] = []
    public var clientID: String?
    public var username: String?
    public var tokenType: String?
    public var scope: Scope = []
    /// Seconds since the epoch.
    public var expiresAt: Int64?
    public var notBefore: Int64?
    public var issuedAt: Int64?

    public init(parsing document: [UInt8]) throws(ParseError) {
        guard let object = (try? JSONValue.parse(document))?.object, let active = object["active"]?.bool else {
            throw ParseError(member: "active")
        }
        isActive = active
        guard active else { return }
        claims = object
        issuer = try Self.string("iss", object)
        subject = try Self.string("sub", object)
        clientID = try Self.string("client_id", object)
        username = try Self.string("username", object)
        tokenType = try Self.string("token_type", object)
        scope = try Scope(parsing: Self.string("scope", object) ?? "")
        expiresAt = try Self.time("exp", object)
        notBefore = try Self.time("nbf", object)
        issuedAt = try Self.time("iat", object)
        switch object["aud"] {
        case nil, .null: audiences = []
        case .string(let one): audiences = [one]
        case .some(let value):
            guard let many = value.strings else { throw ParseError(member: "aud") }
            audiences = many
        }
    }

    private static func string(_ name: String, _ object: JSONObject) throws(ParseError) -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.string else { throw ParseError(member: name) }
        return text
    }

    private static func time(_ name: String, _ object: JSONObject) throws(ParseError) -> Int64? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let number = value.number else { throw ParseError(member: name) }
        if let whole = number.int64 { return whole }
        guard let double = number.double, double.isFinite, abs(double) < 9e15 else { throw ParseError(member: name) }
        return Int64(double.rounded(.down))
    }
}
