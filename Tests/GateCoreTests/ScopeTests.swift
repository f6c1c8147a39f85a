// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateMCP
import GateObserve
import GateTestKit
import GateTime
import GateJSON
import GateOAuth
import GatePolicy
import Testing

/// Scope that is needed and scope that is held (requirements section C).
struct ScopeTests {
    private let absent = JSONValue?.none

    @Test(
        "too little scope is 403 with all of what to ask for: held first, then missing (SCP-01, SCP-02, SCP-03, RS-16)")
    func tooLittle() async throws {
        let gate = try GateHarness([.init(required: ["mcp.write", "mcp.admin"])])

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(["scope": "mcp.read mcp.write"]))

        #expect(seen.status == 403)
        #expect(
            seen.challenge == #"Bearer error="insufficient_scope", error_description="more scope is needed", "#
                + #"scope="mcp.read mcp.write mcp.admin", "#
                + #"resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp""#)
        #expect(seen.problem == "insufficient-scope")
        #expect(seen.reason == "scope")
    }

    @Test("what the challenge asked for is enough (SCP-02)")
    func enough() async throws {
        let gate = try GateHarness([.init(required: ["mcp.write", "mcp.admin"])])

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(["scope": "mcp.read mcp.write mcp.admin"]))

        #expect(seen.isForwarded)
    }

    @Test("the same request gets the same challenge, from the cache too (SCP-07)")
    func consistent() async throws {
        let gate = try GateHarness([.init(required: ["mcp.admin"])])
        let token = try gate.token()

        let challenges = [await gate.ask("POST /mcp", bearer: token), await gate.ask("POST /mcp", bearer: token)].map(
            \.challenge)

        #expect(challenges[0] == challenges[1])
        #expect(gate.metrics.tokenCacheHits.value == 1)
    }

    @Test(
        "a broader scope includes a narrower one, however deeply (SCP-04)",
        arguments: [("admin", true), ("write", true), ("read", true), ("reader", false), ("", false)])
    func hierarchy(_ held: String, _ isEnough: Bool) async throws {
        let scopes = ScopeHierarchy(["admin": ["write"], "write": ["read"]])
        let gate = try GateHarness([.init(required: ["read"])], policy: EasyAuthPolicy(scopes: scopes))

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(["scope": .string(held)]))

        #expect(seen.isForwarded == isEnough)
        #expect(isEnough || seen.status == 403)
    }

    @Test(
        "a denial that no scope can lift has no challenge (SCP-06)",
        arguments: [
            EasyAuthPolicy(allowedApplications: [ClientID("another")]), EasyAuthPolicy(allowedIdentities: ["bob"]),
            EasyAuthPolicy(allowedTenants: ["6f1b2c3d-0000-4000-8000-000000000001"]),
        ])
    func denialIsFinal(_ policy: EasyAuthPolicy) async throws {
        let gate = try GateHarness([.init(required: ["mcp.admin"])], policy: policy)

        let seen = await gate.ask("POST /mcp", bearer: try gate.token())

        #expect(seen.status == 403)
        #expect(seen.challenge == nil)
        #expect(seen.reason?.hasPrefix("policy:") == true)
    }

    @Test(
        "scope is read from scope and scp, as text or list, and compared by whole tokens (SCP-09)",
        arguments: [
            ("scope", JSONValue.string("a mcp.read"), true), ("scope", ["a", "mcp.read"], true),
            ("scp", "mcp.read a", true), ("scp", ["mcp.read"], true), ("scope", "mcp.readonly", false),
            ("scope", "mcp.rea d", false), ("scope", "MCP.READ", false), ("scope", "mcp.read,a", false),
            ("scp", ["mcp.read a"], false), ("scope", "xmcp.read", false), ("scope", JSONValue.null, false),
        ] as [(String, JSONValue, Bool)])
    func parsing(_ claim: String, _ value: JSONValue, _ isEnough: Bool) async throws {
        let gate = try GateHarness([.init(required: ["mcp.read"])])

        var claims: [String: JSONValue?] = ["scope": absent]
        claims[claim] = .some(value)
        let seen = await gate.ask("POST /mcp", bearer: try gate.token(claims))

        #expect(seen.isForwarded == isEnough)
        #expect(isEnough || seen.status == 403)
    }
}
