// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
public import GateTime

/// What a client says of itself when it registers (RFC 7591 §2).
///
/// Nothing in it is fetched. Members that are not known are ignored, those that are must have the right shape.
public struct ClientMetadata: Sendable, Hashable {
    public enum ApplicationType: String, Sendable, Hashable { case native, web }

    public static let maximumDocumentBytes = 64 * 1_024
    public static let maximumRedirectURIs = 16

    public var redirectURIs: [RedirectURI]
    public var authenticationMethod: TokenRequest.Client.Method
    public var grantTypes: [String]
    public var responseTypes: [String]
    /// As it came; ``displayName`` is what is shown.
    public var name: String?
    public var scope: Scope?
    public var applicationType: ApplicationType?

    public init(
        redirectURIs: [RedirectURI], authenticationMethod: TokenRequest.Client.Method = .none,
        grantTypes: [String] = ["authorization_code"], responseTypes: [String] = ["code"], name: String? = nil,
        scope: Scope? = nil, applicationType: ApplicationType? = nil
    ) {
        self.redirectURIs = redirectURIs
        self.authenticationMethod = authenticationMethod
        self.grantTypes = grantTypes
        self.responseTypes = responseTypes
        self.name = name
        self.scope = scope
        self.applicationType = applicationType
    }

    /// Reads a registration request (RFC 7591 §3.1) for a server that issues authorization codes and refresh tokens.
    ///
    /// - Parameter applicationSchemes: see ``RedirectURI/init(_:applicationSchemes:)``.
    public init(parsing document: [UInt8], applicationSchemes: Set<String> = []) throws(OAuthError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(document, limits: JSONLimits(bytes: Self.maximumDocumentBytes, depth: 16))
        } catch {
            throw OAuthError(.invalidClientMetadata, "the body is not a JSON document: \(error.message)")
        }
        guard let object = value.object else { throw OAuthError(.invalidClientMetadata, "the body is not an object") }
        func text(_ name: String) throws(OAuthError) -> String? {
            guard let value = object[name], !value.isNull else { return nil }
            guard let text = value.string else { throw OAuthError(.invalidClientMetadata, "\(name) must be a text") }
            return text
        }
        func list(_ name: String, default standard: [String], needs needed: String) throws(OAuthError) -> [String] {
            guard let value = object[name], !value.isNull else { return standard }
            guard let texts = value.strings, texts.count <= 16, texts.contains(needed) else {
                throw OAuthError(.invalidClientMetadata, "\(name) must be a list with \(needed)")
            }
            return texts
        }
        redirectURIs = try Self.redirectURIs(object["redirect_uris"], applicationSchemes)
        let method = try text("token_endpoint_auth_method") ?? "client_secret_basic"
        guard let known = TokenRequest.Client.Method(rawValue: method) else {
            throw OAuthError(.invalidClientMetadata, "token_endpoint_auth_method is not supported")
        }
        authenticationMethod = known
        grantTypes = try list("grant_types", default: ["authorization_code"], needs: "authorization_code")
            .filter { $0 == "authorization_code" || $0 == "refresh_token" }
        responseTypes = try list("response_types", default: ["code"], needs: "code").filter { $0 == "code" }
        name = try text("client_name")
        scope = try text("scope").map { Scope(parsing: $0) }
        applicationType = try text("application_type").flatMap(ApplicationType.init)
        if applicationType == .web, redirectURIs.contains(where: { !$0.origin.hasPrefix("https:") }) {
            throw OAuthError(.invalidRedirectURI, "a web application's redirect URIs must be https")
        }
    }

    private static func redirectURIs(
        _ value: JSONValue?, _ applicationSchemes: Set<String>
    ) throws(OAuthError) -> [RedirectURI] {
        guard let texts = value?.strings, (1...maximumRedirectURIs).contains(texts.count) else {
            throw OAuthError(.invalidRedirectURI, "redirect_uris must list 1 to \(maximumRedirectURIs) URIs")
        }
        var uris: [RedirectURI] = []
        for text in texts {
            guard let uri = RedirectURI(text, applicationSchemes: applicationSchemes) else {
                throw OAuthError(.invalidRedirectURI, "a redirect URI must be https, or http on this machine")
            }
            uris.append(uri)
        }
        return uris
    }

    /// The name without what could mislead whoever reads it: control characters, marks that turn the direction of writing, more than
    /// 80 characters. Nil when nothing is left.
    public var displayName: String? {
        guard let name else { return nil }
        let visible = name.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
        let shown = String(String.UnicodeScalarView(visible)).split(separator: " ").joined(separator: " ").prefix(80)
        return shown.isEmpty ? nil : String(shown)
    }

    /// The answer to a registration (RFC 7591 §3.2.1): everything as it was registered.
    public func json(clientID: ClientID, secret: Secret? = nil, issuedAt: Instant) -> [UInt8] {
        var object: JSONObject = [
            "client_id": .string(clientID.rawValue), "client_id_issued_at": .number(JSONNumber(issuedAt.seconds)),
        ]
        if let secret {
            object["client_secret"] = .string(secret.revealed)
            // Never (RFC 7591 §3.2.1).
            object["client_secret_expires_at"] = 0
        }
        object["redirect_uris"] = .array(redirectURIs.map { .string($0.text) })
        object["token_endpoint_auth_method"] = .string(authenticationMethod.rawValue)
        object["grant_types"] = .array(grantTypes.map(JSONValue.string))
        object["response_types"] = .array(responseTypes.map(JSONValue.string))
        if let name { object["client_name"] = .string(name) }
        if let scope { object["scope"] = .string(scope.formatted) }
        if let applicationType { object["application_type"] = .string(applicationType.rawValue) }
        return JSONValue.object(object).serialized()
    }
}
