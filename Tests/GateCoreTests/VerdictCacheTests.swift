// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateMCP
import GateObserve
import GateCore
import GateJSON
import GateOAuth
import GatePolicy
import GateTestKit
import GateTime
import Testing

/// A remembered verdict is the first one, for as long as that holds (requirements RS-11, RS-24).
struct VerdictCacheTests {
    /// What does not differ between two requests alike.
    private func essence(_ seen: Seen) -> [String] {
        let identity = ["", "-ID", "-NAME", "-IDP"].flatMap { seen.upstreamFields("X-MS-CLIENT-PRINCIPAL\($0)") }
        return identity + [
            "\(seen.status ?? 0)", seen.reason ?? "", seen.challenge ?? "", seen.problem ?? "", seen.phase ?? "",
            "\(seen.plan?.endsAt.map(\.seconds) ?? 0)",
        ]
    }

    @Test(
        "the same request twice is judged alike, from memory the second time",
        arguments: [
            (EasyAuthPolicy(), [], "t"), (EasyAuthPolicy(), ["mcp.admin"], "t"),
            (EasyAuthPolicy(allowedIdentities: ["bob"]), [], "t"), (EasyAuthPolicy(), [], "garbage"),
        ] as [(EasyAuthPolicy, Scope, String)])
    func sameVerdict(_ policy: EasyAuthPolicy, _ required: Scope, _ token: String) async throws {
        let gate = try GateHarness([.init(required: required)], policy: policy)
        let token = token == "t" ? try gate.token(["email": "alice@example.com"]) : token

        let first = essence(await gate.ask("POST /mcp", bearer: token))
        let second = essence(await gate.ask("POST /mcp", bearer: token))

        #expect(first == second)
        #expect(gate.metrics.tokenCacheHits.value == 1)
        #expect(gate.metrics.tokenCacheMisses.value == 1)
    }

    @Test("a verdict ends with the token; the leeway is for clocks, not for memory (RS-05, RS-24)")
    func endsWithToken() async throws {
        let gate = try GateHarness()
        let token = try gate.token()
        let end = gate.clock.now + .seconds(600)

        #expect(await gate.ask("POST /mcp", bearer: token).plan?.endsAt == end)
        gate.clock.advance(by: .seconds(599))
        #expect(await gate.ask("POST /mcp", bearer: token).isForwarded)
        #expect(gate.metrics.tokenCacheHits.value == 1)

        gate.clock.advance(by: .seconds(1))
        _ = await gate.ask("POST /mcp", bearer: token)
        #expect(gate.metrics.tokenCacheHits.value == 1)

        gate.clock.advance(by: .seconds(61))
        let seen = await gate.ask("POST /mcp", bearer: token)
        #expect(seen.status == 401)
        #expect(seen.reason == "token_expired")
    }

    @Test("a token that is not valid yet is accepted once it is (RS-05)")
    func refusalIsNotForever() async throws {
        let gate = try GateHarness()
        let token = try gate.token(["nbf": .number(JSONNumber(gate.clock.now.seconds + 65))])

        #expect(await gate.ask("POST /mcp", bearer: token).status == 401)
        gate.clock.advance(by: .seconds(5))
        #expect(await gate.ask("POST /mcp", bearer: token).isForwarded)
    }

    @Test("a new configuration remembers nothing (RS-16)")
    func newConfiguration() async throws {
        let gate = try GateHarness()
        let token = try gate.token()
        #expect(await gate.ask("POST /mcp", bearer: token).isForwarded)

        gate.keeper.replace(
            with: try GateHarness.snapshot(policy: EasyAuthPolicy(allowedIdentities: ["bob"]), mint: gate.mint))

        #expect(await gate.ask("POST /mcp", bearer: token).reason == "policy:allowedPrincipals")
    }
}
