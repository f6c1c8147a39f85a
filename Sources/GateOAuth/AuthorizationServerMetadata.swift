// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// What we use of an authorization server's metadata (RFC 8414 §2, OpenID Connect Discovery §3).
///
/// Both documents have the same members as far as we read them, but one provider's two documents may differ: neither is complete.
/// Nothing read here widens what was configured; algorithms in particular are only compared with what is allowed anyway.
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
    public var revocationEndpoint: HTTPURL?
    public var userInfoEndpoint: HTTPURL?
    public var registrationEndpoint: HTTPURL?
    /// OpenID Connect RP-Initiated Logout §2.1.
    public var endSessionEndpoint: HTTPURL?
    public var scopesSupported: [String]
    public var grantTypes: [String]
    public var codeChallengeMethods: [String]
    public var tokenEndpointAuthMethods: [String]
    public var introspectionEndpointAuthMethods: [String]
    /// Algorithms of ID tokens; hardly any server says which ones it signs access tokens with, mostly the same.
    public var idTokenSigningAlgorithms: [String]
    /// RFC 9207 §3: every authorization response has `iss`.
    public var sendsIssuerInResponses: Bool
    /// Client ID metadata documents are accepted (`client_id_metadata_document_supported`).
    public var acceptsClientIDDocuments: Bool

    /// Reads either document. A list of another shape counts as absent: providers differ, and nothing is decided by them alone.
    ///
    /// - Parameter expected: the issuer must be this, code point by code point (RFC 8414 §3.3); nil accepts what it names.
    public init(parsing document: [UInt8], expecting expected: IssuerURL?) throws(ParseError) {
        let value: JSONValue
        do { value = try JSONValue.parse(document) } catch { throw .notAnObject(error.description) }
        guard let object = value.object else { throw .notAnObject("another kind of value") }
        guard let issuer = object["issuer"]?.string, !issuer.isEmpty, expected == nil || IssuerURL(issuer) == expected
        else {
            throw .issuerMismatch(expected: expected?.rawValue ?? "an issuer", found: object["issuer"]?.string)
        }
        self.issuer = IssuerURL(issuer)
        authorizationEndpoint = try Self.endpoint("authorization_endpoint", object)
        tokenEndpoint = try Self.endpoint("token_endpoint", object)
        jwksURI = try Self.endpoint("jwks_uri", object)
        introspectionEndpoint = try Self.endpoint("introspection_endpoint", object)
        revocationEndpoint = try Self.endpoint("revocation_endpoint", object)
        userInfoEndpoint = try Self.endpoint("userinfo_endpoint", object)
        registrationEndpoint = try Self.endpoint("registration_endpoint", object)
        endSessionEndpoint = try Self.endpoint("end_session_endpoint", object)
        func list(_ name: String) -> [String] { object[name]?.strings ?? [] }
        scopesSupported = list("scopes_supported")
        grantTypes = list("grant_types_supported")
        codeChallengeMethods = list("code_challenge_methods_supported")
        tokenEndpointAuthMethods = list("token_endpoint_auth_methods_supported")
        introspectionEndpointAuthMethods = list("introspection_endpoint_auth_methods_supported")
        idTokenSigningAlgorithms = list("id_token_signing_alg_values_supported")
        sendsIssuerInResponses = object["authorization_response_iss_parameter_supported"]?.bool ?? false
        acceptsClientIDDocuments = object["client_id_metadata_document_supported"]?.bool ?? false
    }

    /// Null and the empty text count as absent.
    private static func endpoint(_ name: String, _ object: JSONObject) throws(ParseError) -> HTTPURL? {
        guard let value = object[name], !value.isNull, value.string != "" else { return nil }
        guard let text = value.string, let url = try? HTTPURL(text) else { throw .endpointInvalid(name) }
        return url
    }
}
