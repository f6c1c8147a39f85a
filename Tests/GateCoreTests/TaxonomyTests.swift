// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateJSON
import GateMCP
import GateOAuth
import GateTestKit
import GateTime
import GateCore
import GateHTTP
import GateJSON
import GateOAuth
import GateObserve
import GatePolicy
import Testing

/// Every row of the rejection taxonomy: status, problem, reason, phase and outcome.
struct TaxonomyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int
        /// Nil where the body is a JSON-RPC error.
        let problem: String?
        let phase: Phase
        let policy: EasyAuthPolicy
        let send: @Sendable (GateHarness) async throws -> Seen

        init(
            _ reason: String, _ status: Int, _ problem: String?, _ phase: Phase,
            policy: EasyAuthPolicy = EasyAuthPolicy(), _ send: @escaping @Sendable (GateHarness) async throws -> Seen
        ) {
            testDescription = reason
            self.status = status
            self.problem = problem
            self.phase = phase
            self.policy = policy
            self.send = send
        }
    }

    static let rows: [Row] = [
        Row("no_credential", 401, "credentials-required", .authenticate) { await $0.ask("POST /mcp") },
        Row("token_malformed", 401, "invalid-token", .authenticate) { await $0.ask("POST /mcp", bearer: "x") },
        Row("two_credentials", 400, "malformed-request", .authenticate) {
            await $0.ask("POST /mcp?access_token=x", bearer: "x")
        },
        Row("scope", 403, "insufficient-scope", .authorize) {
            await $0.ask("POST /mcp", bearer: try $0.token(["scope": "other"]))
        },
        Row(
            "policy:allowedApplications", 403, "client-not-allowed", .authorize,
            policy: EasyAuthPolicy(allowedApplications: [ClientID("another")])
        ) { await $0.ask("POST /mcp", bearer: try $0.token()) },
        Row(
            "policy:allowedClientApplications", 403, "client-not-allowed", .authorize,
            policy: EasyAuthPolicy(claimCheckClients: [ClientID("another")])
        ) { await $0.ask("POST /mcp", bearer: try $0.token()) },
        Row(
            "policy:allowedPrincipals", 403, "principal-not-allowed", .authorize,
            policy: EasyAuthPolicy(allowedIdentities: ["bob"])
        ) { await $0.ask("POST /mcp", bearer: try $0.token()) },
        Row(
            "policy:allowedGroups", 403, "principal-not-allowed", .authorize,
            policy: EasyAuthPolicy(claimCheckGroups: ["g"])
        ) { await $0.ask("POST /mcp", bearer: try $0.token()) },
        Row(
            "policy:allowedTenants", 403, "tenant-not-allowed", .authorize,
            policy: EasyAuthPolicy(allowedTenants: ["t"])
        ) { await $0.ask("POST /mcp", bearer: try $0.token()) },
        Row(
            "policy:allowedPrincipals.groups:overage", 403, "denied", .authorize,
            policy: EasyAuthPolicy(allowedGroups: ["g"])
        ) { await $0.ask("POST /mcp", bearer: try $0.token(["hasgroups": true])) },
        Row("origin", 403, "origin", .classify) { await $0.ask("POST /mcp", "Origin: https://evil.example") },
        Row("host", 421, "misdirected", .head) { await $0.ask("POST /mcp", host: "evil.example") },
        Row("route", 404, "not-found", .classify) { await $0.ask("GET /nowhere") },
        Row("method", 405, "method", .classify) { await $0.ask("PUT /.well-known/oauth-protected-resource/mcp") },
        Row("media_type", 415, "media-type", .authorize) {
            await $0.ask("POST /mcp", bearer: try $0.token(), "Content-Type: text/plain")
        },
        Row("ambiguous:json", 400, nil, .authorize) {
            await $0.ask("POST /mcp", bearer: try $0.token(), body: "{")
        },
        Row("ambiguous:batch", 400, nil, .authorize) {
            await $0.ask("POST /mcp", bearer: try $0.token(), body: "[]")
        },
        Row("mcp_session_malformed", 400, "malformed-request", .authorize) {
            await $0.ask("POST /mcp", bearer: try $0.token(), "Mcp-Session-Id: a b")
        },
        Row("mcp_session", 404, nil, .authorize) {
            let seen = await $0.ask("POST /mcp", bearer: try $0.token(), "Mcp-Session-Id: a")
            _ = try $0.respond("HTTP/1.1 200 OK\r\nContent-Length: 0", to: seen)
            return await $0.ask("POST /mcp", bearer: try $0.token(["sub": "bob"]), "Mcp-Session-Id: a")
        },
        Row("wire:hostRepeated", 400, "malformed-request", .head) { await $0.ask("POST /mcp", "Host: mcp.example") },
        Row("wire:hostMissing", 400, "malformed-request", .head) { await $0.ask(raw: "GET /mcp HTTP/1.1\r\n\r\n") },
        Row("wire:framingAmbiguous", 400, "malformed-request", .head) {
            await $0.ask("POST /mcp", "Transfer-Encoding: chunked")
        },
        Row("wire:methodRefused", 405, "malformed-request", .head) { await $0.ask("TRACE /mcp") },
        Row("wire:versionUnsupported", 505, "malformed-request", .head) {
            await $0.ask(raw: "GET /mcp HTTP/2.0\r\nHost: mcp.example\r\n\r\n")
        },
        Row("wire:targetTooLong", 414, "malformed-request", .head) {
            await $0.ask("GET /\(String(repeating: "a", count: 8_001))")
        },
        Row("wire:lineTooLong", 431, "malformed-request", .head) {
            await $0.ask("GET /mcp", "A: \(String(repeating: "a", count: 8_300))")
        },
        Row("wire:tooManyFields", 431, "malformed-request", .head) {
            await $0.ask("GET /mcp", fields: (0...100).map { "A\($0): b" })
        },
        Row("wire:expectationUnknown", 417, "malformed-request", .head) { await $0.ask("GET /mcp", "Expect: tea") },
        Row("wire:targetMalformed", 400, "malformed-request", .head) { await $0.ask("GET /a/../mcp") },
        Row("wire:fieldNameRefused", 400, "malformed-request", .head) {
            await $0.ask("POST /mcp", bearer: try $0.token(), "X_A: b")
        },
    ]

    @Test("a refusal has its status, problem, reason and phase (taxonomy, RFC 9457)", arguments: rows)
    func row(_ row: Row) async throws {
        let gate = try GateHarness([.init(required: ["mcp.read"])], policy: row.policy)

        let seen = try await row.send(gate)

        #expect(seen.status == row.status)
        #expect(seen.reason == row.testDescription)
        #expect(seen.event?.status == row.status)
        #expect(seen.event?.phase == row.phase.rawValue)
        #expect(seen.event?.outcome == .denied)
        #expect(seen.problem == row.problem)
        if row.problem == nil {
            #expect(seen.errorCode != nil)
        } else {
            #expect(seen["Content-Type"] == "application/problem+json")
            #expect(seen.phase == row.phase.rawValue)
            #expect(seen.document?["instance"] == .string("urn:trace:\(seen.event?.trace.traceID ?? "")"))
        }
        #expect(seen["X-Request-Id"] == seen.event?.requestID.hex)
        #expect(
            (seen.challenge != nil)
                == (row.status == 401 || ["scope", "two_credentials"].contains(row.testDescription)))
    }

    /// What the data plane reports while it forwards a message whose head was admitted.
    static let failures: [(UpstreamFailure, Int, String)] = [
        (.unreachable, 502, "upstream-unreachable"), (.timedOut, 504, "upstream-timeout"),
        (.protocolViolation, 502, "upstream-protocol"), (.overloaded, 503, "overloaded"),
    ]

    @Test("a failing upstream is 502, 504 or 503, and the decision stays what it was", arguments: failures)
    func upstream(_ failure: UpstreamFailure, _ status: Int, _ problem: String) async throws {
        let gate = try GateHarness()
        let plan = try #require(await gate.ask("POST /mcp", bearer: try gate.token()).plan)

        let seen = Seen(local: gate.keeper.failed(failure, for: plan))

        #expect(seen.status == status)
        #expect(seen.problem == problem)
        #expect(seen.challenge == nil)
        #expect(seen["Retry-After"] == (status == 503 ? "1" : nil))
        #expect(gate.audit.events.count == 1)
    }

    static let bodies: [(UpstreamFailure, Int, String)] = [
        (.requestBodyTooLarge, 413, "upstream:limit"),
        (.requestBodyBroken(.chunkMalformed), 400, "upstream:request_body"),
        (.requestBodyBroken(.timedOut), 408, "upstream:request_body"),
    ]

    @Test(
        "a body that cannot be read is the decision when it was waited for, and no second one otherwise",
        arguments: bodies)
    func body(_ failure: UpstreamFailure, _ status: Int, _ reason: String) async throws {
        let gate = try GateHarness([.init(), .init(path: "/else", isMCP: false)])
        let token = try gate.token(["aud": ["https://mcp.example/mcp", "https://mcp.example/else"]])

        let read = Seen(local: gate.keeper.failed(failure, for: try gate.plan("POST /mcp", bearer: token)))
        #expect(read.status == status)
        #expect(read.local?.closesConnection == true)
        #expect(gate.audit.events.map(\.reason) == [reason])

        let streamed = Seen(local: gate.keeper.failed(failure, for: try gate.plan("PUT /else", bearer: token)))
        #expect(streamed.status == status)
        #expect(gate.audit.events.map(\.reason) == [reason, "bearer"])
    }
}
