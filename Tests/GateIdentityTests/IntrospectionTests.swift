// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateIdentity
import GateJSON
import GateOAuth
import GateTestKit
import GateTime
import Testing

/// RS-19 and RS-20 for opaque tokens (RFC 7662).
@Suite("Introspection")
struct IntrospectionTests {
    static let endpoint = "https://login.example/introspect"
    static let now = FixedClock.start.seconds

    static func configuration(
        _ edit: (inout IntrospectionConfiguration) -> Void = { _ in }
    ) throws -> ProviderConfiguration {
        var configuration = IntrospectionConfiguration(
            provider: ProviderID("dot"), issuer: IssuerURL("https://login.example"), endpoint: try HTTPURL(endpoint),
            clientID: ClientID("gate"), clientSecret: Secret("s3cret/:"), audiences: ["https://mcp.example/mcp"])
        edit(&configuration)
        return .introspection(configuration)
    }

    /// An answer for a good token with some members replaced, added or left out.
    static func answer(_ edits: [String: JSONValue?] = [:]) -> ScriptedFetcher.Reply {
        var object: JSONObject = [
            "active": true, "iss": "https://login.example", "aud": "https://mcp.example/mcp", "sub": "alice",
            "client_id": "client-1", "scope": "mcp.read mcp.write", "token_type": "Bearer",
            "exp": .number(JSONNumber(now + 600)), "username": "alice@example.test",
        ]
        for (name, value) in edits { object[name] = value }
        return .json(JSONValue.object(object).serialized())
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let edits: [String: JSONValue?]
        let outcome: String

        init(_ name: String, _ edits: [String: JSONValue?], _ outcome: String) {
            testDescription = name
            self.edits = edits
            self.outcome = outcome
        }
    }

    static let cases: [Case] = [
        Case("control", [:], "accepted"),
        Case("inactive", ["active": false], "revoked"),
        Case("active is a string", ["active": "true"], "unavailable"),
        Case("active is missing", ["active": absent], "unavailable"),
        Case("another issuer", ["iss": "https://evil.example"], "issuer"),
        Case("no issuer", ["iss": absent], "accepted"),
        Case("another audience", ["aud": "https://other.example"], "audience"),
        Case("audience among others", ["aud": ["x", "https://mcp.example/mcp"]], "accepted"),
        Case("audience of the wrong type", ["aud": 7], "claims"),
        Case("no audience", ["aud": absent], "audience"),
        Case("null audience", ["aud": nil], "audience"),
        Case("expired", ["exp": .number(JSONNumber(now - 61))], "expired"),
        Case("exp is a string", ["exp": "never"], "claims"),
        Case("no exp", ["exp": absent], "accepted"),
        Case("not yet valid", ["nbf": .number(JSONNumber(now + 61))], "notYetValid"),
        Case("a refresh token", ["token_type": "refresh_token"], "tokenType"),
        Case("a DPoP token", ["token_type": "DPoP"], "tokenType"),
        Case("bound to a key", ["cnf": ["jkt": "x"]], "tokenType"),
        Case("token_type in lower case", ["token_type": "bearer"], "accepted"),
        Case("no token_type", ["token_type": absent], "accepted"),
        Case("nobody", ["sub": absent, "username": absent, "client_id": absent], "claims"),
    ]

    @Test("an answer is judged like a JWT (RS-20)", arguments: cases)
    func judged(_ example: Case) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: Self.answer(example.edits))
        let chain = try harness.chain(try Self.configuration())

        let verdict = await chain.verdict(on: "opaque-token", at: harness.clock.wall)

        #expect(verdict.outcome == example.outcome)
    }

    @Test(
        "a server that cannot be asked makes the answer unavailable, and nothing is remembered (RS-19)",
        arguments: [
            ScriptedFetcher.Reply.status(500), .status(502), .status(429), .status(302), .status(401), .status(403),
            .status(404),
            .status(400), .timeout, .broken, .tooLarge, .refused, .json("<html>"), .json("[]"), .json(""), .json("{}"),
        ])
    func outage(_ reply: ScriptedFetcher.Reply) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: reply)
        let chain = try harness.chain(try Self.configuration())

        let verdict = await chain.verdict(on: "opaque-token", at: harness.clock.wall)
        let failure = try #require(verdict.failure)
        #expect(failure.dependency == .introspection)
        #expect(!failure.detail.contains("opaque-token") && !failure.detail.contains("s3cret"))
        #expect(harness.service.health().first?.isReady == false)

        harness.fetcher.answer(Self.endpoint, with: Self.answer())
        #expect(await chain.verdict(on: "opaque-token", at: harness.clock.wall).outcome == "accepted")
        #expect(harness.service.health().first?.isReady == true)
    }

    @Test("what a good token says")
    func principal() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: Self.answer())
        let chain = try harness.chain(try Self.configuration())

        let token = try #require(await chain.verdict(on: "opaque-token", at: harness.clock.wall).token)

        #expect(token.principal.subject == "alice")
        #expect(token.principal.clientID?.rawValue == "client-1")
        #expect(token.principal.scope == ["mcp.read", "mcp.write"])
        #expect(token.principal.name == "alice@example.test")
        // The cache's limit is sooner than the token's end.
        #expect(token.validUntil == harness.clock.wall + .seconds(60))
    }

    @Test("the gate proves itself as RFC 6749 §2.3.1 has it")
    func authentication() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: Self.answer())

        _ = await (try harness.chain(try Self.configuration())).verdict(on: "tok+en", at: harness.clock.wall)
        let basic = try #require(harness.fetcher.asked.last)
        #expect(basic.field("authorization") == "Basic " + Base64.encode("gate:s3cret%2F%3A".utf8))
        #expect(basic.body == "token=tok%2Ben&token_type_hint=access_token")

        let post = try harness.chain(try Self.configuration { $0.authentication = .clientSecretPost })
        _ = await post.verdict(on: "tok+en", at: harness.clock.wall)
        let posted = try #require(harness.fetcher.asked.last)
        #expect(posted.field("authorization") == nil)
        #expect(posted.body.hasSuffix("&client_id=gate&client_secret=s3cret%2F%3A"))
    }

    @Test("good answers are remembered for a minute and at most to the token's end, bad ones for ten seconds")
    func remembered() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: Self.answer())
        let chain = try harness.chain(try Self.configuration())
        _ = await chain.verdict(on: "good", at: harness.clock.wall)
        #expect(chain.immediateVerdict(on: "good", at: harness.clock.wall)?.outcome == "accepted")
        harness.clock.advance(by: .seconds(59))
        #expect(chain.immediateVerdict(on: "good", at: harness.clock.wall)?.outcome == "accepted")
        harness.clock.advance(by: .seconds(1))
        #expect(chain.immediateVerdict(on: "good", at: harness.clock.wall) == nil)

        let short = JSONValue.number(JSONNumber(harness.clock.wall.seconds + 5))
        harness.fetcher.answer(Self.endpoint, with: Self.answer(["exp": short]))
        let token = try #require(await chain.verdict(on: "short", at: harness.clock.wall).token)
        #expect(token.validUntil == harness.clock.wall + .seconds(5))

        harness.fetcher.answer(Self.endpoint, with: Self.answer(["active": false]))
        _ = await chain.verdict(on: "bad", at: harness.clock.wall)
        #expect(chain.immediateVerdict(on: "bad", at: harness.clock.wall + .seconds(9))?.outcome == "revoked")
        #expect(chain.immediateVerdict(on: "bad", at: harness.clock.wall + .seconds(10)) == nil)
    }

    @Test("one question for one token, however many ask (single flight)")
    func singleFlight() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: .held)
        let chain = try harness.chain(try Self.configuration())

        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<40 {
                group.addTask { await chain.verdict(on: "opaque-token", at: harness.clock.wall).outcome }
            }
            group.addTask {
                while harness.fetcher.heldCount(of: Self.endpoint) == 0 { await Task.yield() }
                harness.fetcher.answer(Self.endpoint, with: Self.answer())
                return "accepted"
            }
            return await group.reduce(into: []) { $0.append($1) }
        }

        #expect(outcomes.allSatisfy { $0 == "accepted" })
        #expect(harness.fetcher.count(of: Self.endpoint) == 1)
    }

    @Test("the number of questions under way is bounded")
    func bounded() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: .held)
        let chain = try harness.chain(try Self.configuration { $0.remembering.maximumConcurrent = 3 })

        let outcomes = await withTaskGroup(of: String.self) { group in
            for number in 0..<10 {
                group.addTask { await chain.verdict(on: "token-\(number)", at: harness.clock.wall).outcome }
            }
            var early: [String] = []
            for _ in 0..<7 { if let outcome = await group.next() { early.append(outcome) } }
            harness.fetcher.answer(Self.endpoint, with: Self.answer())
            return await group.reduce(into: early) { $0.append($1) }
        }

        #expect(outcomes.prefix(7).allSatisfy { $0 == "unavailable" })
        #expect(outcomes.suffix(3).allSatisfy { $0 == "accepted" })
    }

    @Test("a token without audience is taken only as the operator says")
    func missingAudience() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: Self.answer(["aud": absent]))

        for (rule, outcome) in [
            (.refuse, "audience"), (.acceptFromClients([ClientID("client-1")]), "accepted"),
            (.acceptFromClients([ClientID("other")]), "audience"), (.accept, "accepted"),
        ] as [(MissingAudienceRule, String)] {
            let chain = try harness.chain(try Self.configuration { $0.withoutAudience = rule })
            #expect(await chain.verdict(on: "t", at: harness.clock.wall).outcome == outcome)
        }
    }

    @Test("the endpoint is found in whichever metadata document has it")
    func discoveredEndpoint() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(
            "https://login.example/.well-known/oauth-authorization-server",
            with: .json(
                IdentityHarness.document(
                    "https://login.example", keySet: IdentityHarness.keySet,
                    #","introspection_endpoint":"\#(Self.endpoint)""#)))
        harness.fetcher.answer(Self.endpoint, with: Self.answer())
        let chain = try harness.chain(try Self.configuration { $0.endpoint = nil })

        #expect(await chain.verdict(on: "one", at: harness.clock.wall).outcome == "accepted")
        #expect(await chain.verdict(on: "two", at: harness.clock.wall).outcome == "accepted")
        #expect(harness.fetcher.count(of: IdentityHarness.metadata) == 1)
    }

    @Test("a server's own JWTs are asked about only where nobody can validate them")
    func jwts() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(Self.endpoint, with: Self.answer())
        let alone = try harness.chain(try Self.configuration())
        #expect(await alone.verdict(on: try harness.token(), at: harness.clock.wall).outcome == "accepted")
        #expect(harness.fetcher.count(of: Self.endpoint) == 1)
        let foreign = try harness.token(["iss": "https://evil.example"])
        #expect(await alone.verdict(on: foreign, at: harness.clock.wall).outcome == "issuer")

        harness.fetcher.forget()
        let both = try await harness.warmChain(try Self.configuration(), .openIDConnect(harness.openIDConnect))
        #expect(both.immediateVerdict(on: try harness.token(), at: harness.clock.wall)?.outcome == "accepted")
        #expect(await both.verdict(on: "opaque-token", at: harness.clock.wall).outcome == "accepted")
        #expect(harness.fetcher.count(of: Self.endpoint) == 1)
    }

    @Test("configuration that could never accept a token is refused")
    func configurationErrors() throws {
        let harness = try IdentityHarness()

        #expect(throws: IdentityError.self) { try harness.chain(try Self.configuration { $0.audiences = [] }) }
        #expect(throws: IdentityError.self) {
            try harness.chain(
                try Self.configuration {
                    $0.endpoint = nil
                    $0.issuer = IssuerURL("not an address")
                })
        }
    }
}
