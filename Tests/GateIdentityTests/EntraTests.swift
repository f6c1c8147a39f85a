// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateIdentity
import GateJOSE
import GateJSON
import GateOAuth
import GateTestKit
import GateTime
import Testing

@Suite("Entra ID")
struct EntraTests {
    static let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    static let other = "11111111-2222-3333-4444-555555555555"
    static let consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"
    static let client = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

    static func v2(_ tenant: String) -> String { "https://login.microsoftonline.com/\(tenant)/v2.0" }
    static func v1(_ tenant: String) -> String { "https://sts.windows.net/\(tenant)/" }

    struct Issuer: Sendable, CustomTestStringConvertible {
        let configured: String
        let document: String
        let token: String
        let tid: String?
        let outcome: String
        var testDescription: String { "\(configured) token \(token) tid \(tid ?? "none") is \(outcome)" }

        init(_ configured: String, _ document: String, _ token: String, _ tid: String?, _ outcome: String) {
            self.configured = configured
            self.document = document
            self.token = token
            self.tid = tid
            self.outcome = outcome
        }
    }

    static let template = v2("{tenantid}")

    static let issuers: [Issuer] = [
        Issuer(v2(tenant), v2(tenant), v2(tenant), tenant, "accepted"),
        Issuer(v2(tenant), v2(tenant), v1(tenant), tenant, "accepted"),
        Issuer(v1(tenant), v1(tenant), v1(tenant), tenant, "accepted"),
        Issuer(v1(tenant), v1(tenant), v2(tenant), tenant, "accepted"),
        Issuer("https://sts.windows.net/\(tenant)/v2.0", v2(tenant), v2(tenant), tenant, "accepted"),
        Issuer("https://login.windows.net/\(tenant)/", v1(tenant), v1(tenant), tenant, "accepted"),
        Issuer(v2(tenant), v2(tenant), v2(other), other, "issuer"),
        Issuer(v2(tenant), v2(tenant), v2(tenant), other, "issuer"),
        Issuer(v2(tenant), v2(tenant), v2(tenant) + "/", tenant, "issuer"),
        Issuer(v2(tenant), v2(tenant), v2(tenant.uppercased()), tenant, "issuer"),
        Issuer(v2(tenant), v2(tenant), "https://sts.windows.net/\(tenant)", tenant, "issuer"),
        Issuer(v2(tenant), v2(tenant), "https://login.microsoftonline.com/\(tenant)/v1.0", tenant, "issuer"),
        Issuer(v2(tenant), v2(tenant), "https://login.microsoftonline.us/\(tenant)/v2.0", tenant, "issuer"),
        Issuer(v2(tenant), v2(tenant), template, tenant, "issuer"),
        Issuer(v2("common"), template, v2(tenant), tenant, "accepted"),
        Issuer(v2("common"), template, v1(tenant), tenant, "accepted"),
        Issuer(v2("common"), template, v2(consumers), consumers, "accepted"),
        Issuer(v2("common"), template, v2(tenant), other, "issuer"),
        Issuer(v2("common"), template, v2(tenant), nil, "issuer"),
        Issuer(v2("common"), template, v2("common"), tenant, "issuer"),
        Issuer(v2("common"), template, template, tenant, "issuer"),
        Issuer(template, template, v2(tenant), tenant, "accepted"),
        Issuer(v2("organizations"), template, v2(tenant), tenant, "accepted"),
        Issuer(v2("organizations"), template, v2(consumers), consumers, "issuer"),
        Issuer(v2("consumers"), v2(consumers), v2(consumers), consumers, "accepted"),
        Issuer(v2("consumers"), v2(consumers), v2(tenant), tenant, "issuer"),
        Issuer(v2("contoso.onmicrosoft.com"), v2(tenant), v2(tenant), tenant, "accepted"),
        Issuer(v2("contoso.onmicrosoft.com"), v2(tenant), v1(tenant), tenant, "accepted"),
        Issuer(v2("contoso.onmicrosoft.com"), v2(tenant), v2(other), other, "issuer"),
        Issuer(
            "https://contoso.ciamlogin.com/\(tenant)/v2.0", "https://\(tenant).ciamlogin.com/\(tenant)/v2.0",
            "https://\(tenant).ciamlogin.com/\(tenant)/v2.0", tenant, "accepted"),
        Issuer(
            "https://login.microsoftonline.us/\(tenant)/v2.0", "https://login.microsoftonline.us/\(tenant)/v2.0",
            "https://login.microsoftonline.us/\(tenant)/v2.0", tenant, "accepted"),
        Issuer("http://127.0.0.1:17010", "http://127.0.0.1:17010", "http://127.0.0.1:17010", nil, "accepted"),
        Issuer("http://127.0.0.1:17010", "http://127.0.0.1:17010", v2(tenant), tenant, "issuer"),
        Issuer(
            "http://127.0.0.1:17010/\(tenant)/v2.0", "http://127.0.0.1:17010/\(tenant)/v2.0", v1(tenant), tenant,
            "accepted"),
        // Metadata that belongs to somebody else gives no keys at all.
        Issuer(v2(tenant), v2(other), v2(tenant), tenant, "unavailable"),
        Issuer(v2(tenant), template, v2(tenant), tenant, "unavailable"),
        Issuer(v2("organizations"), "https://evil.example/{tenantid}/v2.0", v2(tenant), tenant, "unavailable"),
    ]

    private func chain(_ configuration: EntraConfiguration, document: String, _ harness: IdentityHarness) throws
        -> ValidatorChain
    {
        var place = configuration.issuer.rawValue.replacing("{tenantid}", with: "common")
        while place.hasSuffix("/") { place.removeLast() }
        harness.fetcher.answer(
            place + "/.well-known/openid-configuration",
            with: .json(IdentityHarness.document(document, keySet: IdentityHarness.keySet)))
        return try harness.chain(.entra(configuration))
    }

    private static func configuration(_ issuer: String = v2(tenant)) -> EntraConfiguration {
        EntraConfiguration(
            issuer: IssuerURL(issuer), clientID: ClientID(client), allowedAudiences: ["api://\(client)"])
    }

    private static func claims(_ issuer: String = v2(tenant), _ tid: String? = tenant) -> [String: JSONValue?] {
        [
            "iss": .string(issuer), "tid": tid.map { .string($0) }, "aud": .string(client), "azp": "vs-code",
            "client_id": absent,
            "oid": "oid-1", "scp": "user_impersonation", "scope": absent, "ver": "2.0",
            "preferred_username": "alice@contoso.com",
        ]
    }

    @Test("tokens of the configured tenant's v1.0 and v2.0 issuers are accepted, and no others", arguments: issuers)
    func issuer(_ example: Issuer) async throws {
        let harness = try IdentityHarness()
        let chain = try chain(Self.configuration(example.configured), document: example.document, harness)
        let token = try harness.token(Self.claims(example.token, example.tid), type: "JWT")

        #expect(await chain.verdict(on: token, at: harness.clock.wall).outcome == example.outcome)
        // Once the keys are here the answer is the same.
        #expect(await chain.verdict(on: token, at: harness.clock.wall).outcome == example.outcome)
    }

    @Test(
        "GUID and api:// audiences",
        arguments: [
            (client, "accepted"), ("api://\(client)", "accepted"), ("api://\(client)/", "audience"),
            ("00000003-0000-0000-c000-000000000000", "audience"), ("https://graph.microsoft.com", "audience"),
        ])
    func audience(_ audience: String, _ outcome: String) async throws {
        let harness = try IdentityHarness()
        let chain = try chain(Self.configuration(), document: Self.v2(Self.tenant), harness)
        var claims = Self.claims()
        claims["aud"] = .string(audience)

        #expect(
            await chain.verdict(on: try harness.token(claims, type: "JWT"), at: harness.clock.wall).outcome == outcome)
    }

    @Test("the principal of v1.0 and v2.0 tokens")
    func principal() async throws {
        let harness = try IdentityHarness()
        let chain = try chain(Self.configuration(), document: Self.v2(Self.tenant), harness)
        var old = Self.claims(Self.v1(Self.tenant))
        old["azp"] = absent
        old["appid"] = "old-client"
        old["ver"] = "1.0"

        for (claims, client) in [(Self.claims(), "vs-code"), (old, "old-client")] {
            let verdict = await chain.verdict(on: try harness.token(claims, type: "JWT"), at: harness.clock.wall)
            let principal = try #require(verdict.token?.principal)
            #expect(principal.provider == .entra)
            #expect(principal.clientID?.rawValue == client)
            #expect(principal.objectID == "oid-1")
            #expect(principal.tenantID == Self.tenant)
            #expect(principal.name == "alice@contoso.com")
            #expect(principal.scope == ["user_impersonation"])
            #expect(!principal.hasGroupsOverage)
        }
    }

    @Test("an application's own token has roles for scopes")
    func applicationToken() async throws {
        let harness = try IdentityHarness()
        let chain = try chain(Self.configuration(), document: Self.v2(Self.tenant), harness)
        var claims = Self.claims()
        claims["scp"] = absent
        claims["preferred_username"] = absent
        claims["roles"] = ["Mcp.Read.All"]

        let verdict = await chain.verdict(on: try harness.token(claims, type: "JWT"), at: harness.clock.wall)

        #expect(verdict.token?.principal.scope == ["Mcp.Read.All"])
        #expect(verdict.token?.principal.roles == ["Mcp.Read.All"])
    }

    @Test(
        "groups that were left out are recognised",
        arguments: [
            ["hasgroups": true],
            ["_claim_names": ["groups": "src1"], "_claim_sources": ["src1": ["endpoint": "https://graph"]]],
        ] as [[String: JSONValue]])
    func overage(_ marks: [String: JSONValue]) async throws {
        let harness = try IdentityHarness()
        let chain = try chain(Self.configuration(), document: Self.v2(Self.tenant), harness)
        var claims = Self.claims()
        for (name, value) in marks { claims[name] = value }

        let verdict = await chain.verdict(on: try harness.token(claims, type: "JWT"), at: harness.clock.wall)

        #expect(verdict.token?.principal.hasGroupsOverage == true)
        #expect(verdict.token?.principal.groups == [])
    }

    @Test("an ID token names no client and is refused, unless the operator takes them as Easy Auth does (RS-09)")
    func idToken() async throws {
        let harness = try IdentityHarness()
        var claims = Self.claims()
        claims["azp"] = absent
        claims["scp"] = absent
        var configuration = Self.configuration()
        let strict = try chain(configuration, document: Self.v2(Self.tenant), harness)
        let token = try harness.token(claims, type: "JWT")
        #expect(await strict.verdict(on: token, at: harness.clock.wall).outcome == "tokenType")

        configuration.acceptsIDTokens = true
        let lenient = try chain(configuration, document: Self.v2(Self.tenant), harness)
        let verdict = await lenient.verdict(on: token, at: harness.clock.wall)
        #expect(verdict.token?.principal.clientID?.rawValue == Self.client)
    }

    @Test("claims are renamed as Easy Auth does")
    func claimNames() async throws {
        let harness = try IdentityHarness()
        let chain = try chain(Self.configuration(), document: Self.v2(Self.tenant), harness)
        var claims = Self.claims()
        claims["roles"] = ["a", "b"]
        let verdict = await chain.verdict(on: try harness.token(claims, type: "JWT"), at: harness.clock.wall)
        let principal = try #require(verdict.token?.principal)

        let legacy = EasyAuthClaims.claims(of: principal)
        #expect(legacy.contains(.init(type: EasyAuthClaims.nameIdentifier, value: "alice")))
        #expect(
            legacy.contains(
                .init(type: "http://schemas.microsoft.com/identity/claims/objectidentifier", value: "oid-1")))
        #expect(legacy.filter { $0.type == "roles" }.map(\.value) == ["a", "b"])
        let modern = EasyAuthClaims.claims(of: principal, naming: .modern)
        #expect(modern.filter { $0.type == EasyAuthClaims.role }.map(\.value) == ["a", "b"])
        #expect(EasyAuthClaims.claims(of: principal, naming: .asInToken) == principal.claims)
        #expect(principal.nameClaimType == EasyAuthClaims.emailAddress)
    }

    @Test(
        "a scope is advertised with its resource and granted without it",
        arguments: [
            ("api://\(client)/user_impersonation", "user_impersonation"), ("\(client)/mcp.read", "mcp.read"),
            ("https://mcp.example/mcp/access_as_user", "access_as_user"), ("user_impersonation", "user_impersonation"),
            ("https://graph.microsoft.com/User.Read", "https://graph.microsoft.com/User.Read"), ("openid", "openid"),
            ("api://\(client)/", "api://\(client)/"), ("api://\(client)/a/b", "a/b"),
        ])
    func grantedScopes(_ advertised: String, _ granted: String) {
        var configuration = Self.configuration()
        configuration.allowedAudiences.insert("https://mcp.example/mcp")

        #expect(configuration.grantedForm(ofScope: advertised) == granted)
    }
}
