// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateMCP
import GateOAuth
import GateObserve
import GatePolicy
import GateTime
import GateJSON
import GateTestKit
import Testing

/// A claim that is left out; a plain `nil` would be JSON's null.
private let absent = JSONValue?.none

/// Tokens that are refused, each with 401, a challenge that says so and the reason in the audit event.
struct BadTokenTests {
    /// How a token is bad.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let make: @Sendable (GateHarness) throws -> String

        init(_ name: String, _ reason: String, _ make: @escaping @Sendable (GateHarness) throws -> String) {
            testDescription = name
            self.reason = reason
            self.make = make
        }
    }

    static let faults: [Fault] = [
        Fault("a random string", "token_malformed") { _ in "s3cr3t-and-opaque" },
        Fault("three parts of garbage", "token_malformed") { _ in "a.b.c" },
        Fault("expired", "token_expired") { try $0.token(["exp": .number(JSONNumber($0.clock.now.seconds - 61))]) },
        Fault("not yet valid", "token_not_yet_valid") {
            try $0.token(["nbf": .number(JSONNumber($0.clock.now.seconds + 61))])
        },
        Fault("a signature cut short", "token_malformed") { String(try $0.token().dropLast(4)) },
        Fault("another's key under our key id", "token_signature") {
            try $0.token(signer: TokenMint.strangersKey())
        },
        Fault("a key nobody published", "token_key_unknown") {
            try $0.token(signer: TokenMint.strangersKey(keyID: "other"))
        },
        Fault("no algorithm", "token_malformed") {
            let parts = try $0.mint.token(at: $0.clock.now, header: ["alg": "none"]).split(separator: ".")
            return parts.prefix(2).joined(separator: ".") + "."
        },
        Fault("another issuer", "token_issuer") { try $0.token(["iss": "https://evil.example"]) },
        Fault("the issuer with a slash", "token_issuer") { try $0.token(["iss": "https://login.example/"]) },
        Fault("for another resource", "token_audience") { try $0.token(["aud": "https://mcp.example/other"]) },
        Fault("for no resource", "token_audience") { try $0.token(["aud": absent]) },
        Fault("for the client", "token_audience") { try $0.token(["aud": "client-1"]) },
        Fault("for a prefix of the resource", "token_audience") { try $0.token(["aud": "https://mcp.example/mc"]) },
        Fault("for a longer host", "token_audience") { try $0.token(["aud": "https://mcp.example.evil/mcp"]) },
        Fault("for the resource with a slash", "token_audience") { try $0.token(["aud": "https://mcp.example/mcp/"]) },
        Fault("an ID token", "token_type") {
            try $0.token(["nonce": "n", "client_id": absent, "scope": absent], type: "JWT")
        },
        Fault("a refresh token", "token_type") { try $0.token(type: "rt+jwt") },
    ]

    @Test("a bad token is 401 invalid_token, twice alike (RS-05 to RS-09, RFC 6750 §3.1)", arguments: faults)
    func refused(_ fault: Fault) async throws {
        let gate = try GateHarness()
        let token = try fault.make(gate)

        for _ in 0..<2 {
            let seen = await gate.ask("POST /mcp", bearer: token)

            #expect(seen.status == 401)
            #expect(seen.reason == fault.reason)
            #expect(seen.problem == "invalid-token")
            #expect(seen.challenge?.hasPrefix(#"Bearer error="invalid_token", error_description=""#) == true)
            #expect(seen.challenge?.contains("/.well-known/oauth-protected-resource/mcp\"") == true)
        }
    }

    @Test("a refusal tells nothing of the token (RS-17)", arguments: faults)
    func answerIsDiscreet(_ fault: Fault) async throws {
        let gate = try GateHarness()
        let token = try fault.make(gate)

        let seen = await gate.ask("POST /mcp", bearer: token)

        let said = seen.body + (seen.local?.fields.map { "\($0.name): \($0.value)" }.joined() ?? "")
        for secret in [token, "alice", "client-1", "rsa-1", "ec-1", "login.example", "evil"] {
            #expect(!said.contains(secret))
        }
        #expect(seen["Content-Type"] == "application/problem+json")
        #expect(seen["Cache-Control"] == "no-store")
    }

    @Test("a token for this resource among others passes (RS-06)")
    func oneOfSeveralAudiences() async throws {
        let gate = try GateHarness()

        let seen = await gate.ask(
            "POST /mcp", bearer: try gate.token(["aud": ["https://elsewhere.example", "https://mcp.example/mcp"]]))

        #expect(seen.isForwarded)
    }
}
