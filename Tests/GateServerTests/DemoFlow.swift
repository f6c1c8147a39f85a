// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateDemo
import GateJSON
import GateOAuth
import GateTime
import Synchronization
import Testing

/// A clock that tests move by hand.
final class MovableClock: WallClock {
    private let instant = Mutex(Instant(seconds: 1_800_000_000))

    var now: Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) { instant.withLock { $0 = $0 + duration } }
}

/// A browser and a client that walk through the demo's identity provider in process.
final class DemoFlow {
    static let issuer = "http://127.0.0.1:8641"
    static let resource = "http://127.0.0.1:8640/mcp"
    static let callback = "http://localhost:7777/cb"
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    let clock = MovableClock()
    let provider: DemoIdentityProvider
    /// The browser's only cookie.
    var cookie: String?

    init() throws {
        provider = try DemoIdentityProvider(
            configuration: .init(
                issuer: Self.issuer, resources: [Self.resource], resourceScopes: [("mcp.tools", "use tools")]),
            clock: clock)
    }

    func get(_ target: String) async -> DemoResponse {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        return await send(
            DemoRequest(
                method: "GET", path: parts[0], query: parts.count > 1 ? parts[1] : "", fields: cookieFields))
    }

    func post(
        _ path: String, _ form: [(name: String, value: String)], fields: [(name: String, value: String)] = []
    ) async -> DemoResponse {
        await send(
            DemoRequest(
                method: "POST", path: path, fields: cookieFields + fields,
                body: Array(FormParameters(form).encoded.utf8)))
    }

    func register(_ metadata: JSONValue) async -> DemoResponse {
        await send(DemoRequest(method: "POST", path: "/register", body: metadata.serialized()))
    }

    func publicClient(name: String = "Test client", redirectURI: String = DemoFlow.callback) async throws -> String {
        let answer = try await register([
            "client_name": .string(name), "redirect_uris": [.string(redirectURI)],
            "token_endpoint_auth_method": "none",
        ]).json
        return try #require(answer["client_id"]?.string)
    }

    /// The authorization request's target; nil values leave a parameter out.
    func authorizeTarget(_ client: String, _ changes: [String: String?] = [:]) -> String {
        var values: [String: String?] = [
            "response_type": "code", "client_id": client, "redirect_uri": Self.callback, "state": "s 1&x",
            "code_challenge": CodeChallenge(verifier: Self.verifier).text, "code_challenge_method": "S256",
            "resource": Self.resource, "scope": "mcp.tools",
        ]
        for (name, value) in changes { values[name] = value }
        let items = values.compactMap { name, value in value.map { (name: name, value: $0) } }
        return "/authorize?" + FormParameters(items.sorted { $0.name < $1.name }).encoded
    }

    /// Signs in as alice and answers the consent page; returns where the browser is sent.
    func signIn(_ target: String, decision: String = "allow", user: String = "alice") async throws -> DemoResponse {
        let first = await get(target)
        guard first.status == 303, let page = first.field("location"), page.hasPrefix("/") else { return first }
        let signIn = await get(page)
        let consentAt = await post(
            page,
            [
                ("form", try signIn.formToken), ("username", user), ("password", "password"), ("step", "sign-in"),
            ])
        #expect(consentAt.status == 303)
        let consent = await get(page)
        return await post(page, [("form", try consent.formToken), ("step", decision)])
    }

    /// A code for a fresh public client.
    func code(for client: String, _ changes: [String: String?] = [:]) async throws -> String {
        let answer = try await signIn(authorizeTarget(client, changes))
        return try #require(answer.callbackParameters["code"])
    }

    func redeem(
        _ code: String, _ client: String, verifier: String = DemoFlow.verifier, redirectURI: String = DemoFlow.callback
    ) async -> DemoResponse {
        await post(
            "/token",
            [
                ("grant_type", "authorization_code"), ("code", code), ("client_id", client),
                ("code_verifier", verifier), ("redirect_uri", redirectURI), ("resource", Self.resource),
            ])
    }

    func refresh(_ token: String, _ client: String) async -> DemoResponse {
        await post("/token", [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client)])
    }

    private var cookieFields: [(name: String, value: String)] { cookie.map { [("cookie", $0)] } ?? [] }

    private func send(_ request: DemoRequest) async -> DemoResponse {
        let response = await provider.respond(to: request)
        if let set = response.field("set-cookie") { cookie = String(set.prefix { $0 != ";" }) }
        return response
    }
}

extension DemoResponse {
    var bytes: [UInt8] {
        guard case .bytes(let bytes) = body else { return [] }
        return bytes
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var json: JSONObject {
        get throws {
            let value = try JSONValue.parse(bytes)
            return try #require(value.object)
        }
    }

    /// The hidden field that a page's form sends back.
    var formToken: String {
        get throws {
            let mark = "name=\"form\" value=\""
            let start = try #require(text.firstRange(of: mark))
            return String(text[start.upperBound...].prefix { $0 != "\"" })
        }
    }

    /// The query of the address the browser is sent to.
    var callbackParameters: FormParameters {
        get throws {
            let location = try #require(field("location"))
            return try FormParameters(parsing: String(location.drop { $0 != "?" }.dropFirst()))
        }
    }

    var oauthError: String? { (try? json)?["error"]?.string }
}

/// The claims of a JWT, without any check.
func claims(of token: String?) throws -> JSONObject {
    let parts = try #require(token).split(separator: ".")
    try #require(parts.count == 3)
    let payload = try #require(Base64URL.decode(String(parts[1])))
    let value = try JSONValue.parse(payload)
    return try #require(value.object)
}
