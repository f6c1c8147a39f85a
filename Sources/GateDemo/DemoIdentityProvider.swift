// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJOSE
import GateJSON
package import GateTime

/// A small OAuth 2.1 and OpenID Connect provider for the demo: two users, open registration, everything in memory.
///
/// Metadata (RFC 8414, OpenID Connect Discovery), registration (RFC 7591), authorization code with PKCE S256
/// (RFC 7636), resource indicators (RFC 8707), `iss` in answers (RFC 9207), refresh token rotation (RFC 9700 §4.14) and
/// JWT access tokens (RFC 9068). It refuses nothing for being anybody: never give it a name that others can reach.
package struct DemoIdentityProvider: DemoResponder {
    package struct Configuration: Sendable {
        /// The issuer identifier: the provider's origin, without a path.
        package var issuer: String
        /// What access tokens may be for; the first is meant when a client names none.
        package var resources: [String]
        /// What clients may ask for at the resource, with words for the consent page.
        package var resourceScopes: [(scope: String, text: String)]

        package init(issuer: String, resources: [String], resourceScopes: [(scope: String, text: String)]) {
            self.issuer = issuer
            self.resources = resources
            self.resourceScopes = resourceScopes
        }
    }

    static let accessTokenLifetime = Duration.seconds(900)

    let configuration: Configuration
    let clock: any WallClock
    let observer: DemoObserver
    let pages: DemoPages
    let signer: JWSSigner
    let clientSecretKey = SymmetricKey(size: .bits256)
    let browsers = DemoBrowsers()
    let grants = DemoGrants()

    package init(
        configuration: Configuration, clock: any WallClock = SystemWallClock(),
        observer: @escaping DemoObserver = { _ in }
    ) throws {
        self.configuration = configuration
        self.clock = clock
        self.observer = observer
        pages = try DemoPages()
        signer = try JWSSigner.makeRS256(keyID: DemoRandom.token(bytes: 12))
    }

    package func respond(to request: DemoRequest) async -> DemoResponse {
        if let answer = machineAnswer(to: request) {
            // Browser clients, such as MCP Inspector, call these from their own origin; no cookie matters here.
            var answer = answer
            answer.fields.append(("Access-Control-Allow-Origin", "*"))
            return answer
        }
        let interaction = "/interaction/"
        switch (request.method, request.path) {
        case ("GET", "/"):
            return pages.home(issuer: configuration.issuer, resource: configuration.resources.first ?? "")
        case ("GET", "/authorize"), ("POST", "/authorize"): return authorize(request, at: clock.now)
        case ("GET", let path) where path.hasPrefix(interaction):
            return showInteraction(String(path.dropFirst(interaction.count)), request, at: clock.now)
        case ("POST", let path) where path.hasPrefix(interaction):
            return answerInteraction(String(path.dropFirst(interaction.count)), request, at: clock.now)
        default: return pages.failure(404, title: "Nothing here", text: "The provider has no such page.")
        }
    }

    /// Answers for programs; nil when the path is for people.
    private func machineAnswer(to request: DemoRequest) -> DemoResponse? {
        let methods: [String]
        switch request.path {
        case "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/jwks":
            methods = ["GET"]
        case "/register", "/token": methods = ["POST"]
        default: return nil
        }
        if request.method == "OPTIONS" {
            return DemoResponse(
                status: 204,
                fields: [
                    ("Access-Control-Allow-Methods", methods.joined(separator: ", ")),
                    ("Access-Control-Allow-Headers", "authorization, content-type, mcp-protocol-version"),
                    ("Access-Control-Max-Age", "600"),
                ])
        }
        guard methods.contains(request.method) else {
            return .text(405, "use \(methods.joined(separator: ", "))", [("Allow", methods.joined(separator: ", "))])
        }
        switch request.path {
        case "/jwks": return .json(200, JSONValue.object(["keys": [.object(signer.publicJWK)]]).serialized())
        case "/register": return register(request)
        case "/token": return token(request, at: clock.now)
        default: return .json(200, metadata.serialized())
        }
    }

    /// The same document for both kinds of discovery.
    private var metadata: JSONValue {
        let issuer = configuration.issuer
        return [
            "issuer": .string(issuer),
            "authorization_endpoint": .string(issuer + "/authorize"),
            "token_endpoint": .string(issuer + "/token"),
            "registration_endpoint": .string(issuer + "/register"),
            "jwks_uri": .string(issuer + "/jwks"),
            "scopes_supported": .array(allScopes.map(JSONValue.string)),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": .array(DemoClient.authenticationMethods.map(JSONValue.string)),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [.string(signer.algorithm.rawValue)],
            "claims_supported": [
                "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "name", "preferred_username", "email",
                "groups", "roles",
            ],
            "prompt_values_supported": ["none", "login", "consent"],
        ]
    }

    var allScopes: [String] {
        configuration.resourceScopes.map(\.scope) + ["openid", "profile", "email", "offline_access"]
    }

    /// An error for a program (RFC 6749 §5.2, RFC 7591 §3.2.2).
    static func error(
        _ status: Int, _ code: String, _ description: String, _ fields: [(name: String, value: String)] = []
    ) -> DemoResponse {
        let body: JSONValue = ["error": .string(code), "error_description": .string(description)]
        return .json(status, body.serialized(), [("Cache-Control", "no-store")] + fields)
    }
}
