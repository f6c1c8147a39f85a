// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateIdentity
import GateJOSE
import GateJSON
import GateOAuth
import GateTestKit
import GateTime
import Testing

/// D1, D4, D7 and the RS rows for JWTs, through the whole chain.
@Suite("JWT access tokens")
struct JWTAccessTokenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let claims: [String: JSONValue?]
        let outcome: String

        init(_ name: String, _ claims: [String: JSONValue?], _ outcome: String) {
            testDescription = name
            self.claims = claims
            self.outcome = outcome
        }
    }

    static let now = FixedClock.start.seconds

    static let cases: [Case] = [
        Case("control", [:], "accepted"),
        Case("aud among others (RS-06)", ["aud": ["https://other.example", "https://mcp.example/mcp"]], "accepted"),
        Case("aud of another resource", ["aud": "https://other.example/mcp"], "audience"),
        Case("no aud", ["aud": absent], "audience"),
        Case("aud is a prefix", ["aud": "https://mcp.example/mc"], "audience"),
        Case("aud is below", ["aud": "https://mcp.example/mcp/admin"], "audience"),
        Case("aud with a slash at the end", ["aud": "https://mcp.example/mcp/"], "audience"),
        Case("aud in upper case", ["aud": "HTTPS://MCP.EXAMPLE/MCP"], "audience"),
        Case("aud is a client id", ["aud": "client-1"], "audience"),
        Case("aud lists in one string", ["aud": "https://x.example https://mcp.example/mcp"], "audience"),
        Case("aud nested", ["aud": [["https://mcp.example/mcp"]]], "claims"),
        Case("aud mixed", ["aud": ["x", 1, nil]], "claims"),
        Case("aud is an object", ["aud": ["https://mcp.example/mcp": 1]], "claims"),
        Case("iss of somebody else (RS-07)", ["iss": "https://evil.example"], "issuer"),
        Case("no iss", ["iss": absent], "issuer"),
        Case("iss with a slash", ["iss": "https://login.example/"], "issuer"),
        Case("iss in upper case", ["iss": "HTTPS://LOGIN.EXAMPLE"], "issuer"),
        Case("iss with a suffix", ["iss": "https://login.example.evil.example"], "issuer"),
        Case("iss with a space", ["iss": "https://login.example "], "issuer"),
        Case("iss is an array", ["iss": ["https://login.example"]], "claims"),
        Case("iss is a number", ["iss": 1], "claims"),
        Case("iss canonically equivalent", ["iss": "https://login.example\u{2024}"], "issuer"),
        Case("expired", ["exp": .number(JSONNumber(now - 61))], "expired"),
        Case("expired within the leeway", ["exp": .number(JSONNumber(now - 59))], "accepted"),
        Case("no exp", ["exp": absent], "claims"),
        Case("exp is a string", ["exp": .string(String(now + 600))], "claims"),
        Case("exp beyond 64 bits", ["exp": 1e300], "claims"),
        Case("not yet valid", ["nbf": .number(JSONNumber(now + 61))], "notYetValid"),
        Case("no subject", ["sub": absent], "claims"),
        Case("empty subject", ["sub": ""], "claims"),
        Case("bound to a key (cnf)", ["cnf": ["jkt": "x"]], "tokenType"),
        Case("ID token: nonce (RS-09)", ["nonce": "n"], "tokenType"),
        Case("ID token: at_hash", ["at_hash": "h"], "tokenType"),
        Case("logout token", ["events": ["http://schemas.openid.net/event/backchannel-logout": [:]]], "tokenType"),
    ]

    @Test("claims decide as RFC 9068 §4 says", arguments: cases)
    func claims(_ example: Case) async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()

        let verdict = chain.immediateVerdict(on: try harness.token(example.claims), at: harness.clock.wall)

        #expect(verdict?.outcome == example.outcome)
    }

    @Test("before the keys are here, what is bad anyway is refused without waiting", arguments: cases)
    func claimsWithoutKeys(_ example: Case) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(IdentityHarness.metadata, with: .timeout)
        let chain = try harness.chain()

        let verdict = await chain.verdict(on: try harness.token(example.claims), at: harness.clock.wall)

        let isJudgedLater = example.outcome == "accepted" || example.testDescription.hasSuffix("subject")
        #expect(verdict.outcome == (isJudgedLater ? "unavailable" : example.outcome))
    }

    @Test("D1: the algorithm comes from the key, never from the header")
    func algorithm() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        let header: (String) -> String = { #"{"alg":"\#($0)","kid":"rsa-1"}"# }
        let payload = String(
            decoding: JSONValue.object(harness.mint.claims(at: harness.clock.wall)).serialized(), as: UTF8.self)

        for algorithm in [
            "none", "None", "HS256", "HS512", "ES256", "RS384", "PS256", "rs256", "RS256 ", "EdDSA", "dir",
        ] {
            let token = try harness.mint.token(header: header(algorithm), payload: payload)
            let verdict = chain.immediateVerdict(on: token, at: harness.clock.wall)
            #expect(["algorithm", "signature"].contains(verdict?.outcome), "\(algorithm)")
        }
    }

    @Test("D4: jku, x5u, x5c and jwk are neither used nor fetched")
    func keyInjection() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        let stranger = try TokenMint.strangersKey(keyID: "evil")
        harness.fetcher.answer("https://evil.example/jwks", with: .json(harness.mint.keySet(of: [stranger])))
        harness.fetcher.forget()

        for parameter in [
            ["jku": "https://evil.example/jwks"], ["x5u": "https://evil.example/jwks"],
            ["jwk": .object(stranger.publicJWK)], ["x5c": ["AAAA"]], ["kid": "https://evil.example/jwks"],
            ["kid": "../../../../dev/null"],
        ] as [[String: JSONValue?]] {
            let token = try harness.mint.token(at: harness.clock.wall, header: parameter, signer: stranger)
            let verdict = await chain.verdict(on: token, at: harness.clock.wall)
            #expect(verdict.outcome == "keyUnknown")
        }
        #expect(harness.fetcher.asked.allSatisfy { $0.address == IdentityHarness.keySet })

        let honest = try harness.mint.token(at: harness.clock.wall, header: ["jku": "https://evil.example/jwks"])
        #expect(chain.immediateVerdict(on: honest, at: harness.clock.wall)?.outcome == "accepted")
    }

    @Test(
        "what is not a token68 or not a whole JWT is malformed (D2, D3)",
        arguments: [
            "", ".", "..", "...", "a.b", "a.b.c", "eyJ.eyJ.x", "eyJhbGciOiJSUzI1NiJ9.eyJ9", "a b", "a,b", "=abc", "{}",
            "abc",
            "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d", String(repeating: "A", count: 20_000),
        ])
    func malformed(_ token: String) async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()

        #expect(chain.immediateVerdict(on: token, at: harness.clock.wall)?.outcome == "malformed")
    }

    @Test(
        "nobody waits for keys with an algorithm that no key makes good", arguments: ["HS256", "none", "RS1", "rs256"])
    func hopelessAlgorithm(_ algorithm: String) async throws {
        let harness = try IdentityHarness()
        let token = try harness.mint.token(at: harness.clock.wall, header: ["alg": .string(algorithm)])

        #expect(try harness.chain().immediateVerdict(on: token, at: harness.clock.wall)?.outcome == "algorithm")
        #expect(harness.fetcher.asked.isEmpty)
    }

    @Test("the right issuer with another trusted issuer's key is refused (RS-07)")
    func keysBelongToIssuers() async throws {
        let harness = try IdentityHarness()
        let other = try TokenMint(issuer: "https://other.example", signers: [.makeES256(keyID: "ec-9")])
        harness.fetcher.answer(
            "https://other.example/.well-known/openid-configuration",
            with: .json(IdentityHarness.document("https://other.example", keySet: "https://other.example/jwks")))
        harness.fetcher.answer("https://other.example/jwks", with: .json(other.keySet()))
        var second = harness.openIDConnect
        second.provider = ProviderID("second")
        second.issuer = IssuerURL("https://other.example")
        let chain = try await harness.warmChain(.openIDConnect(harness.openIDConnect), .openIDConnect(second))
        let now = harness.clock.wall

        #expect(
            chain.immediateVerdict(on: try harness.token(), at: now)?.token?.principal.provider.rawValue == "custom")
        #expect(
            chain.immediateVerdict(on: try other.token(at: now), at: now)?.token?.principal.provider.rawValue
                == "second")
        let crossed = try harness.token(signer: other.signers[0])
        #expect(await chain.verdict(on: crossed, at: now).outcome == "keyUnknown")
    }

    @Test(
        "metadata of another issuer is not taken (RFC 8414 §3.3)",
        arguments: [
            "https://evil.example", "https://login.example/", "HTTPS://login.example", "http://login.example",
        ])
    func issuerMismatch(_ named: String) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(
            IdentityHarness.metadata, with: .json(IdentityHarness.document(named, keySet: IdentityHarness.keySet)))
        let chain = try harness.chain()

        let verdict = await chain.verdict(on: try harness.token(), at: harness.clock.wall)

        #expect(verdict.failure?.dependency == .discovery)
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 0)
    }

    @Test(
        "metadata is found at each well-known place",
        arguments: [
            "https://login.example/realms/a/.well-known/openid-configuration",
            "https://login.example/.well-known/oauth-authorization-server/realms/a",
            "https://login.example/.well-known/openid-configuration/realms/a",
        ])
    func places(_ place: String) async throws {
        let harness = try IdentityHarness()
        let issuer = "https://login.example/realms/a"
        harness.fetcher.answer(place, with: .json(IdentityHarness.document(issuer, keySet: IdentityHarness.keySet)))
        var configuration = harness.openIDConnect
        configuration.issuer = IssuerURL(issuer)
        let chain = try harness.chain(.openIDConnect(configuration))

        let verdict = await chain.verdict(on: try harness.token(["iss": .string(issuer)]), at: harness.clock.wall)

        #expect(verdict.outcome == "accepted")
    }

    @Test(
        "with only a metadata address, the issuer is what it says if it fits the address",
        arguments: [
            ("https://login.example", "accepted"), ("https://login.example/", "accepted"),
            ("https://evil.example", "issuer"), ("https://login.example/other", "issuer"),
        ])
    func derivedIssuer(_ issuer: String, _ outcome: String) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(
            IdentityHarness.metadata, with: .json(IdentityHarness.document(issuer, keySet: IdentityHarness.keySet)))
        var configuration = harness.openIDConnect
        configuration.issuer = nil
        configuration.wellKnown = try HTTPURL(IdentityHarness.metadata)
        let chain = try harness.chain(.openIDConnect(configuration))

        let verdict = await chain.verdict(on: try harness.token(["iss": .string(issuer)]), at: harness.clock.wall)
        #expect(verdict.outcome == outcome)

        // The other spelling is another issuer once the metadata has been read.
        if outcome == "accepted" {
            let other = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer + "/"
            #expect(
                chain.immediateVerdict(on: try harness.token(["iss": .string(other)]), at: harness.clock.wall)?.outcome
                    == "issuer")
        }
    }

    @Test("fixed keys need no metadata: certificationUri, or a document of the operator's")
    func fixedKeys() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(IdentityHarness.metadata, with: .status(500))
        var atAddress = harness.openIDConnect
        atAddress.keySet = try HTTPURL(IdentityHarness.keySet)
        var supplied = harness.openIDConnect
        supplied.keyDocument = harness.mint.keySet()

        let first = try harness.chain(.openIDConnect(atAddress))
        #expect(await first.verdict(on: try harness.token(), at: harness.clock.wall).outcome == "accepted")
        let second = try harness.chain(.openIDConnect(supplied))
        harness.fetcher.forget()
        #expect(second.immediateVerdict(on: try harness.token(), at: harness.clock.wall)?.outcome == "accepted")
        #expect(harness.fetcher.asked.isEmpty)
    }

    @Test("what cannot work is said at once, and nothing is changed")
    func configurationErrors() throws {
        let harness = try IdentityHarness()
        var noAudience = harness.openIDConnect
        noAudience.audiences = []
        var noIssuer = harness.openIDConnect
        noIssuer.issuer = nil
        var notAnAddress = harness.openIDConnect
        notAnAddress.issuer = IssuerURL("urn:example:issuer")
        var junkKeys = harness.openIDConnect
        junkKeys.keyDocument = Array("{}".utf8)

        for configuration in [noAudience, noIssuer, notAnAddress, junkKeys] {
            #expect(throws: IdentityError.self) { try harness.chain(.openIDConnect(configuration)) }
        }
    }

    @Test("loopback and private addresses are reached only when the issuer's own host or the operator says so")
    func egress() async throws {
        let harness = try IdentityHarness()
        _ = try await harness.warmChain()
        #expect(harness.fetcher.asked.allSatisfy { $0.policy == .publicOnly })

        var local = harness.openIDConnect
        local.issuer = IssuerURL("http://127.0.0.1:17010")
        _ = try await harness.warmChain(.openIDConnect(local))
        let policy = try #require(harness.fetcher.asked.last?.policy)
        #expect(policy.reachable == [.global, .loopback])
        #expect(policy.plainHTTP == [.loopback])

        var inside = harness.openIDConnect
        inside.issuer = IssuerURL("https://keycloak.internal")
        inside.network = NetworkAccess(allowsPrivateNetworks: true)
        _ = try await harness.warmChain(.openIDConnect(inside))
        #expect(harness.fetcher.asked.last?.policy.reachable == [.global, .privateUse, .sharedAddressSpace])
    }

    @Test("the principal holds what the token says")
    func principal() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        let token = try harness.token([
            "email": "alice@example.test", "groups": ["eng", "ops"], "roles": "admin", "scp": ["mcp.read"], "level": 3,
            "flag": true,
            "address": ["city": "Ulm"],
        ])

        let principal = try #require(chain.immediateVerdict(on: token, at: harness.clock.wall)?.token?.principal)

        #expect(principal.subject == "alice")
        #expect(principal.issuer.rawValue == "https://login.example")
        #expect(principal.clientID?.rawValue == "client-1")
        #expect(principal.name == "alice@example.test")
        #expect(principal.groups == ["eng", "ops"])
        #expect(principal.roles == ["admin"])
        #expect(principal.scope == ["mcp.read", "mcp.write"])
        #expect(principal.claims.filter { $0.type == "groups" }.map(\.value) == ["eng", "ops"])
        #expect(principal.claims.contains(.init(type: "level", value: "3")))
        #expect(principal.claims.contains(.init(type: "flag", value: "true")))
        #expect(principal.claims.contains(.init(type: "address", value: #"{"city":"Ulm"}"#)))
    }

    @Test("roles stand for scopes only where the token has none of its own")
    func rolesAsScope() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()

        for (claims, scope) in [
            (["scope": absent, "roles": ["Mcp.Read"]], ["Mcp.Read"]),
            (["roles": ["Mcp.Admin"]], ["mcp.read", "mcp.write"]),
            (["scope": "", "roles": ["Mcp.Admin"]], []),
        ] as [([String: JSONValue?], [String])] {
            let verdict = chain.immediateVerdict(on: try harness.token(claims), at: harness.clock.wall)
            #expect(verdict?.token?.principal.scope.tokens == scope)
        }
    }

    @Test("claims are found by path where the provider nests them")
    func nestedRoles() async throws {
        let harness = try IdentityHarness()
        var configuration = harness.openIDConnect
        configuration.mapping.roles = ["realm_access.roles"]
        let chain = try await harness.warmChain(.openIDConnect(configuration))
        let token = try harness.token(["realm_access": ["roles": ["admin", "user"]]])

        #expect(chain.immediateVerdict(on: token, at: harness.clock.wall)?.token?.principal.roles == ["admin", "user"])
    }
}
