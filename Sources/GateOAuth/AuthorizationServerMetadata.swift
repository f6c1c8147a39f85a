// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// What we use of an authorization server's metadata (RFC 8414 §2, OpenID Connect Discovery §3).
public struct AuthorizationServerMetadata: Sendable, Hashable {
    public enum ParseError: Error, Sendable, Hashable, CustomStringConvertible {
        case notAnObject(String)
        case issuerMismatch(expected: String, found: String?)
        case endpointInvalid(String)

        public var description: String {
            switch self {
            case .notAnObject(let why): "the metadata is not a JSON object: \(why)"
            case .issuerMismatch(let expected, let found):
                "the metadata names the issuer \(found ?? "(none)"), expected exactly \(expected)"
            case .endpointInvalid(let name): "\(name) is not an http or https URL"
            }
        }
    }

    public var issuer: IssuerURL
    public var authorizationEndpoint: HTTPURL?
    public var tokenEndpoint: HTTPURL?
    public var jwksURI: HTTPURL?
    public var introspectionEndpoint: HTTPURL?
    public var userInfoEndpoint: HTTPURL?
    public var registrationEndpoint: HTTPURL?
    public var scopesSupported: [String]
    public var codeChallengeMethods: [String]

    /// - Parameter expected: the issuer must be this, code point by code point (RFC 8414 §3.3); nil accepts what it names.
    public init(parsing document: [UInt8], expecting expected: IssuerURL?) throws(ParseError) {
        let value: JSONValue
        do { value = try JSONValue.parse(document) } catch { throw .notAnObject(error.description) }
        guard let object = value.object else { throw .notAnObject("another kind of value") }
        guard let issuer = object["issuer"]?.string, expected == nil || IssuerURL(issuer) == expected else {
            throw .issuerMismatch(expected: expected?.rawValue ?? "an issuer", found: object["issuer"]?.string)
        }
        self.issuer = IssuerURL(issuer)
        authorizationEndpoint = try Self.endpoint("authorization_endpoint", object)
        tokenEndpoint = try Self.endpoint("token_endpoint", object)
        jwksURI = try Self.endpoint("jwks_uri", object)
        introspectionEndpoint = try Self.endpoint("introspection_endpoint", object)
        userInfoEndpoint = try Self.endpoint("userinfo_endpoint", object)
        registrationEndpoint = try Self.endpoint("registration_endpoint", object)
        scopesSupported = object["scopes_supported"]?.strings ?? []
        codeChallengeMethods = object["code_challenge_methods_supported"]?.strings ?? []
    }

    private static func endpoint(_ name: String, _ object: JSONObject) throws(ParseError) -> HTTPURL? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.string, let url = try? HTTPURL(text) else { throw .endpointInvalid(name) }
        return url
    }
}
