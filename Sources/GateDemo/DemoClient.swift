// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJSON

/// A registered client (RFC 7591), held in its own identifier.
///
/// Registration is open to anybody, so an identifier that spells out what was registered is worth no more than a new
/// registration: nothing needs to be stored, and clients that remember their identifier still work after a restart.
/// Secrets of confidential clients are made from a key of this process and end with it.
struct DemoClient: Sendable {
    let id: String
    let name: String
    let redirectURIs: [DemoRedirectURI]
    /// `none`, `client_secret_basic` or `client_secret_post`.
    let authenticationMethod: String

    static let authenticationMethods = ["none", "client_secret_basic", "client_secret_post"]
    private static let prefix = "demo."
    private static let mostRedirectURIs = 10

    enum Refusal: Error {
        /// RFC 7591 §3.2.2, with a sentence for the client's developer.
        case redirectURI(String)
        case metadata(String)
    }

    /// Registers what a client says of itself.
    init(registering metadata: JSONObject) throws(Refusal) {
        guard let texts = metadata["redirect_uris"]?.strings, (1...Self.mostRedirectURIs).contains(texts.count) else {
            throw .redirectURI("redirect_uris must list 1 to \(Self.mostRedirectURIs) URIs")
        }
        var uris: [DemoRedirectURI] = []
        for text in texts {
            guard let uri = DemoRedirectURI(text) else {
                throw .redirectURI("a redirect URI must be https, http on loopback, or an application's scheme")
            }
            uris.append(uri)
        }
        let method = try Self.text("token_endpoint_auth_method", in: metadata) ?? "client_secret_basic"
        guard Self.authenticationMethods.contains(method) else {
            throw .metadata("token_endpoint_auth_method must be one of \(Self.authenticationMethods)")
        }
        for (member, known) in [
            ("grant_types", ["authorization_code", "refresh_token"]), ("response_types", ["code"]),
        ] {
            guard let given = metadata[member] else { continue }
            guard let names = given.strings, names.contains(known[0]) else {
                throw .metadata("\(member) must include \(known[0])")
            }
        }
        let name = Self.presentable(try Self.text("client_name", in: metadata) ?? "")
        self.init(name: name, redirectURIs: uris, method: method)
    }

    /// Reads a client back from its identifier.
    init?(id: String) {
        guard id.hasPrefix(Self.prefix), id.utf8.count <= 8_000,
            let bytes = Base64URL.decode(String(id.dropFirst(Self.prefix.count))),
            let object = try? JSONValue.parse(bytes).object,
            let name = object["n"]?.string, let texts = object["r"]?.strings, let method = object["m"]?.string,
            Self.authenticationMethods.contains(method), (1...Self.mostRedirectURIs).contains(texts.count)
        else { return nil }
        let uris = texts.compactMap(DemoRedirectURI.init)
        guard uris.count == texts.count else { return nil }
        self.init(name: Self.presentable(name), redirectURIs: uris, method: method)
        // One identifier for one client: other spellings of the same are not known.
        guard self.id == id else { return nil }
    }

    private init(name: String, redirectURIs: [DemoRedirectURI], method: String) {
        self.name = name
        self.redirectURIs = redirectURIs
        authenticationMethod = method
        let object: JSONObject = [
            "n": .string(name), "r": .array(redirectURIs.map { .string($0.text) }), "m": .string(method),
        ]
        id = Self.prefix + Base64URL.encode(JSONValue.object(object).serialized())
    }

    var isPublic: Bool { authenticationMethod == "none" }

    func permits(_ redirectURI: DemoRedirectURI) -> Bool { redirectURIs.contains { $0.permits(redirectURI) } }

    func secret(under key: SymmetricKey) -> String {
        Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: Array(id.utf8), using: key)))
    }

    func isSecret(_ secret: String, under key: SymmetricKey) -> Bool {
        guard let code = Base64URL.decode(secret) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(id.utf8), using: key)
    }

    private static func text(_ name: String, in metadata: JSONObject) throws(Refusal) -> String? {
        guard let value = metadata[name], !value.isNull else { return nil }
        guard let text = value.string else { throw .metadata("\(name) must be a text") }
        return text
    }

    /// A name that can stand on a page and in a line of the log: no control characters, at most 80 characters.
    private static func presentable(_ name: String) -> String {
        let shown = String(String.UnicodeScalarView(name.unicodeScalars.filter { isVisible($0) })).prefix(80)
        return shown.contains { $0 != " " } ? String(shown) : "A program without a name"
    }

    /// Excludes control and formatting characters, such as those that turn the direction of writing around.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
