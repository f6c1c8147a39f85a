// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateIdentity
import GateJOSE
import GateJSON
import GateOAuth
import GateTestKit
import GateTime
import Testing

/// D10 and the fault row of the key set: good tokens never fail, forged ones never pass, the provider is not flooded.
@Suite("JWKS cache (D10)")
struct JWKSCacheTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reply: ScriptedFetcher.Reply

        init(_ name: String, _ reply: ScriptedFetcher.Reply) {
            testDescription = name
            self.reply = reply
        }
    }

    static let faults: [Fault] = [
        Fault("500", .status(500)),
        Fault("503 with Retry-After", .status(503, [.init("retry-after", "1")])),
        Fault("404", .status(404)),
        Fault("204", .status(204)),
        Fault("connection closed", .broken),
        Fault("connection refused", .refused),
        Fault("hang or drip", .timeout),
        Fault("128 MB", .tooLarge),
        Fault("redirect", .status(302, [.init("location", "https://login.example/other")])),
        Fault("cut-off JSON", .json(#"{"keys":[{"kty":"#)),
        Fault(
            "HTML",
            .response(.init(status: 200, fields: [.init("content-type", "text/html")], body: Array("<html>".utf8)))),
        Fault("empty body", .json("")),
        Fault("no keys", .json(#"{"keys":[]}"#)),
        Fault("keys is null", .json(#"{"keys":null}"#)),
        Fault("keys is an object", .json(#"{"keys":{}}"#)),
        Fault("no keys member", .json("{}")),
        Fault("an array", .json("[]")),
        Fault("a string", .json(#""keys""#)),
        Fault("duplicate member", .json(#"{"keys":[],"keys":[]}"#)),
        Fault("only symmetric keys", .json(#"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"rsa-1","alg":"HS256"}]}"#)),
        Fault("only an odd key", .json(#"{"keys":[{"kty":"RSA","kid":"rsa-1","n":"!!","e":"AQAB"}]}"#)),
        Fault("only null", .json(#"{"keys":[null,1,"x",[]]}"#)),
    ]

    @Test("a refresh that fails or brings junk keeps the good keys", arguments: faults)
    func keepsGoodKeys(_ fault: Fault) async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        harness.fetcher.answer(IdentityHarness.keySet, with: fault.reply)

        for _ in 0..<5 {
            harness.clock.advance(by: .seconds(3_700))
            await harness.service.warmUp()
            await harness.refreshAll()
            let good = chain.immediateVerdict(on: try harness.token(), at: harness.clock.wall)
            #expect(good?.outcome == "accepted")
            let forged = try harness.token(signer: TokenMint.strangersKey())
            #expect(chain.immediateVerdict(on: forged, at: harness.clock.wall)?.outcome == "signature")
        }

        let health = try #require(harness.service.health().first)
        #expect(health.isReady)
        #expect(health.detail != nil)
    }

    @Test("without any keys every answer is unavailable, never invalid and never open", arguments: faults)
    func startsWithoutKeys(_ fault: Fault) async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(IdentityHarness.keySet, with: fault.reply)
        let chain = try harness.chain()

        for signer in [harness.mint.signers[0], try TokenMint.strangersKey()] {
            let verdict = await chain.verdict(on: try harness.token(signer: signer), at: harness.clock.wall)
            let failure = try #require(verdict.failure)
            #expect(failure.dependency == .keys)
            #expect(failure.retryAfter >= .seconds(1))
        }
        #expect(harness.service.health().first?.isReady == false)

        harness.publish(harness.mint.signers)
        harness.clock.advance(by: .seconds(2))
        #expect(await chain.verdict(on: try harness.token(), at: harness.clock.wall).outcome == "accepted")
    }

    @Test("known keys keep working to the stated age, then 503, never 401 (RS-19)")
    func staleLimit() async throws {
        let harness = try IdentityHarness(refresh: KeyRefreshPolicy(staleLimit: .seconds(7_200)))
        let chain = try await harness.warmChain()
        for address in [IdentityHarness.keySet, IdentityHarness.metadata] {
            harness.fetcher.answer(address, with: .refused)
        }

        harness.clock.advance(by: .seconds(7_199))
        #expect(chain.immediateVerdict(on: try harness.token(), at: harness.clock.wall)?.outcome == "accepted")
        let unknown = try harness.token(signer: TokenMint.strangersKey(keyID: "nobody"))
        #expect(await chain.verdict(on: unknown, at: harness.clock.wall).outcome == "keyUnknown")

        harness.clock.advance(by: .seconds(1))
        #expect(await chain.verdict(on: try harness.token(), at: harness.clock.wall).outcome == "unavailable")
        #expect(await chain.verdict(on: unknown, at: harness.clock.wall).outcome == "unavailable")
    }

    @Test("a verdict ends when the keys it was made with become too old")
    func verdictEndsWithKeys() async throws {
        let harness = try IdentityHarness(refresh: KeyRefreshPolicy(staleLimit: .seconds(7_200)))
        let chain = try await harness.warmChain()
        harness.clock.advance(by: .seconds(7_000))

        let long = try harness.token(["exp": .number(JSONNumber(harness.clock.wall.seconds + 86_400))])
        let token = try #require(chain.immediateVerdict(on: long, at: harness.clock.wall)?.token)

        #expect(token.validUntil == harness.clock.wall + .seconds(200))
    }

    @Test("a verdict ends at exp, without leeway (D6)")
    func verdictEndsAtExpiry() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()

        let token = try #require(chain.immediateVerdict(on: try harness.token(), at: harness.clock.wall)?.token)

        #expect(token.validUntil == harness.clock.wall + .seconds(600))
    }

    @Test("a rotated key works at once: one refetch for all that wait (single flight)")
    func rotation() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        let next = try JWSSigner.makeES256(keyID: "ec-2")
        harness.fetcher.forget()
        harness.fetcher.answer(IdentityHarness.keySet, with: .held)
        let token = try harness.token(signer: next)

        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<40 {
                group.addTask { await chain.verdict(on: token, at: harness.clock.wall).outcome }
            }
            group.addTask {
                while harness.fetcher.heldCount(of: IdentityHarness.keySet) == 0 { await Task.yield() }
                harness.publish(harness.mint.signers + [next])
                return "accepted"
            }
            return await group.reduce(into: []) { $0.append($1) }
        }

        #expect(outcomes.allSatisfy { $0 == "accepted" })
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 1)
        #expect(harness.fetcher.count(of: IdentityHarness.metadata) == 0)
        #expect(chain.immediateVerdict(on: try harness.token(), at: harness.clock.wall)?.outcome == "accepted")
    }

    @Test("300 unknown key ids cause at most two fetches in ten seconds (RS-22)")
    func unknownKeyFlood() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        harness.fetcher.forget()
        let stranger = try TokenMint.strangersKey()

        for number in 0..<300 {
            let forged = try harness.mint.token(
                at: harness.clock.wall, header: ["kid": .string("k-\(number)")], signer: stranger)
            #expect(await chain.verdict(on: forged, at: harness.clock.wall).outcome == "keyUnknown")
        }
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 2)

        harness.clock.advance(by: .seconds(10))
        let next = try JWSSigner.makeES256(keyID: "ec-2")
        harness.publish(harness.mint.signers + [next])
        let rotated = try harness.token(signer: next)
        #expect(await chain.verdict(on: rotated, at: harness.clock.wall).outcome == "accepted")
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 3)
    }

    @Test("the same unknown key id is not asked for twice")
    func remembersUnknownKey() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        harness.fetcher.forget()
        let forged = try harness.token(signer: TokenMint.strangersKey(keyID: "nobody"))

        for _ in 0..<5 {
            #expect(await chain.verdict(on: forged, at: harness.clock.wall).outcome == "keyUnknown")
            harness.clock.advance(by: .seconds(5))
        }
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 1)

        // It may have been published in the meantime.
        harness.clock.advance(by: .seconds(10))
        _ = await chain.verdict(
            on: try harness.token(signer: TokenMint.strangersKey(keyID: "nobody")), at: harness.clock.wall)
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 2)
    }

    @Test("a token that is bad anyway causes no fetch")
    func noFetchForBadClaims() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        harness.fetcher.forget()
        let stranger = try TokenMint.strangersKey(keyID: "nobody")
        let past = JSONValue.number(JSONNumber(harness.clock.wall.seconds - 100))

        for (claims, outcome) in [
            (["aud": "https://elsewhere.example"], "audience"), (["exp": past], "expired"),
            (["cnf": ["jkt": "x"]], "tokenType"),
        ] as [([String: JSONValue?], String)] {
            let forged = try harness.token(claims, signer: stranger)
            #expect(chain.immediateVerdict(on: forged, at: harness.clock.wall)?.outcome == outcome)
        }

        #expect(harness.fetcher.asked.isEmpty)
    }

    @Test("a withdrawn key stops working at the next refresh, and cached verdicts end with it")
    func withdrawal() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        let token = try harness.token()
        let validated = try #require(chain.immediateVerdict(on: token, at: harness.clock.wall)?.token)
        #expect(validated.validity.isCurrent)

        harness.publish([harness.mint.signers[1]])
        harness.clock.advance(by: .seconds(300))
        await harness.refreshAll()

        #expect(!validated.validity.isCurrent)
        #expect(await chain.verdict(on: token, at: harness.clock.wall).outcome == "keyUnknown")
        let other = try harness.token(signer: harness.mint.signers[1])
        #expect(chain.immediateVerdict(on: other, at: harness.clock.wall)?.outcome == "accepted")
    }

    @Test("a key that is added, and a refresh that changes nothing, end no verdict")
    func additionKeepsVerdicts() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        let validated = try #require(chain.immediateVerdict(on: try harness.token(), at: harness.clock.wall)?.token)

        await harness.refreshAll()
        harness.publish(harness.mint.signers + [try JWSSigner.makeES256(keyID: "ec-2")])
        await harness.refreshAll()

        #expect(validated.validity.isCurrent)
    }

    @Test("good keys beside odd ones are used (D10)")
    func oddNeighbours() async throws {
        let harness = try IdentityHarness()
        let good = harness.mint.signers.map { JSONValue.object($0.publicJWK) }
        let odd: [JSONValue] = [
            ["kty": "oct", "k": "c2VjcmV0", "kid": "hs-1"], ["kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "weak"],
            ["kty": "unheard-of"], .null, ["kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "point"],
            ["kty": "RSA", "use": "enc", "kid": "enc"],
        ]
        harness.fetcher.answer(
            IdentityHarness.keySet,
            with: .json(JSONValue.object(["keys": .array(odd + good + odd)]).serialized()))
        let chain = try await harness.warmChain()

        #expect(chain.immediateVerdict(on: try harness.token(), at: harness.clock.wall)?.outcome == "accepted")
        #expect(harness.service.health().first?.keys?.skippedKeys.count == 12)
        // A key that is published for something else is known: no fetch would make the token good.
        harness.fetcher.forget()
        let encryption = try harness.token(signer: TokenMint.strangersKey(keyID: "enc"))
        #expect(chain.immediateVerdict(on: encryption, at: harness.clock.wall)?.outcome == "algorithm")
        #expect(harness.fetcher.asked.isEmpty)
    }

    @Test(
        "a lifetime is taken from Cache-Control within bounds",
        arguments: [
            ("max-age=10", 300), ("no-store", 300), ("max-age=600", 600), ("public, max-age=999999", 3_600), ("", 900),
            ("max-age=600, max-age=700", 600), ("max-age=junk", 900),
        ])
    func lifetime(_ header: String, _ seconds: Int) async throws {
        let harness = try IdentityHarness()
        harness.publish(harness.mint.signers, header.isEmpty ? [] : [.init("cache-control", header)])
        _ = try await harness.warmChain()

        #expect(harness.service.health().first?.keys?.nextAttempt == .seconds(seconds))
    }

    @Test("the background refreshes when the lifetime is over, and pauses longer after each failure")
    func background() async throws {
        let harness = try IdentityHarness()
        _ = try harness.chain()
        let running = Task { try await harness.service.run() }
        try await harness.untilSleeping()
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 1)

        harness.clock.advance(by: .seconds(900))
        try await harness.untilSleeping()
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 2)

        harness.fetcher.answer(IdentityHarness.keySet, with: .status(500))
        harness.clock.advance(by: .seconds(900))
        for pause in [10, 20, 40, 60, 60] {
            try await harness.untilSleeping()
            #expect(harness.service.health().first?.keys?.nextAttempt == .seconds(pause))
            harness.clock.advance(by: .seconds(pause))
        }
        try await harness.untilSleeping()

        harness.publish(harness.mint.signers)
        harness.clock.advance(by: .seconds(60))
        try await harness.untilSleeping()
        #expect(harness.service.health().first?.detail == nil)
        running.cancel()
        _ = await running.result
    }

    @Test("a stepped wall clock neither ages keys nor causes a fetch")
    func steppedClock() async throws {
        let harness = try IdentityHarness()
        let chain = try await harness.warmChain()
        harness.fetcher.forget()

        for step in [3_600, -7_200, 3_600] {
            harness.clock.step(by: .seconds(step))
            #expect(chain.immediateVerdict(on: try harness.token(), at: harness.clock.wall)?.outcome == "accepted")
        }

        #expect(harness.fetcher.asked.isEmpty)
    }

    @Test("requests that come before the keys wait for one fetch")
    func firstRequestsWait() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(IdentityHarness.keySet, with: .held)
        let chain = try harness.chain()
        let token = try harness.token()

        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<20 {
                group.addTask { await chain.verdict(on: token, at: harness.clock.wall).outcome }
            }
            group.addTask {
                while harness.fetcher.heldCount(of: IdentityHarness.keySet) == 0 { await Task.yield() }
                harness.publish(harness.mint.signers)
                return "accepted"
            }
            return await group.reduce(into: []) { $0.append($1) }
        }

        #expect(outcomes.allSatisfy { $0 == "accepted" })
        #expect(harness.fetcher.count(of: IdentityHarness.keySet) == 1)
        #expect(harness.fetcher.count(of: IdentityHarness.metadata) == 1)
    }

    @Test("a client that hangs up does not fail the others that wait for the keys")
    func cancelledLeader() async throws {
        let harness = try IdentityHarness(refresh: KeyRefreshPolicy(patience: .seconds(60)))
        harness.fetcher.answer(IdentityHarness.keySet, with: .held)
        let chain = try harness.chain()
        let token = try harness.token()

        let leader = Task { await chain.verdict(on: token, at: harness.clock.wall).outcome }
        while harness.fetcher.heldCount(of: IdentityHarness.keySet) == 0 { await Task.yield() }
        let follower = Task { await chain.verdict(on: token, at: harness.clock.wall).outcome }
        for _ in 0..<100 { await Task.yield() }
        leader.cancel()
        _ = await leader.value
        while harness.fetcher.count(of: IdentityHarness.keySet) < 2 { await Task.yield() }
        harness.publish(harness.mint.signers)

        #expect(await follower.value == "accepted")
    }

    @Test("no request waits longer than its patience, whatever the provider does")
    func patience() async throws {
        let harness = try IdentityHarness(refresh: KeyRefreshPolicy(patience: .milliseconds(30)))
        harness.fetcher.answer(IdentityHarness.keySet, with: .held)
        let chain = try harness.chain()

        #expect(await chain.verdict(on: try harness.token(), at: harness.clock.wall).outcome == "unavailable")
        // The provider is not to blame for our impatience: the next request may ask again.
        harness.publish(harness.mint.signers)
        #expect(await chain.verdict(on: try harness.token(), at: harness.clock.wall).outcome == "accepted")
    }

    @Test("an outage at start-up is not hammered: few fetches however many requests come")
    func startUpOutage() async throws {
        let harness = try IdentityHarness()
        harness.fetcher.answer(IdentityHarness.keySet, with: .timeout)
        let chain = try harness.chain()

        for _ in 0..<50 {
            #expect(await chain.verdict(on: try harness.token(), at: harness.clock.wall).outcome == "unavailable")
        }

        #expect(harness.fetcher.asked.count == 2)
    }

    @Test("an issuer that a reload names again keeps its keys")
    func reloadKeepsKeys() async throws {
        let harness = try IdentityHarness()
        _ = try await harness.warmChain()
        harness.fetcher.forget()

        var configuration = harness.openIDConnect
        configuration.audiences = ["https://other.example"]
        let chain = try harness.chain(.openIDConnect(configuration))

        let token = try harness.token(["aud": "https://other.example"])
        #expect(chain.immediateVerdict(on: token, at: harness.clock.wall)?.outcome == "accepted")
        #expect(harness.fetcher.asked.isEmpty)
    }
}

extension IdentityHarness {
    func refreshAll() async { await service.refreshNow() }

    func untilSleeping() async throws {
        for _ in 0..<10_000 where clock.sleeperCount == 0 { await Task.yield() }
        for _ in 0..<2_000_000 where clock.sleeperCount == 0 { await Task.yield() }
        try #require(clock.sleeperCount > 0)
    }
}
