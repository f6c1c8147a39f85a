// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateJSON
import GateMCP
import GateOAuth
import GateObserve
import GatePolicy
import GateCore
import GateTestKit
import GateTime
import Testing

/// The answers that clients and operators see, octet for octet.
struct GoldenAnswerTests {
    private let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private let instance = "urn:trace:0af7651916cd43dd8448eb211c80319c"
    private let metadata = #"resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp""#
    private let problems = "https://gatehouse.dev/problems"

    /// The octets of an answer, with the one number that is random written as `ID`.
    private func text(_ response: LocalResponse?) throws -> String {
        let response = try #require(response)
        let octets = response.serialized(withBody: true, keepsAlive: true, at: FixedClock.start.seconds)
        return String(decoding: octets, as: UTF8.self).replacing(/X-Request-Id: [0-9a-f]{32}/, with: "X-Request-Id: ID")
    }

    private func expect(
        _ response: LocalResponse?, _ status: String, _ fields: [String], _ body: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let lines =
            ["HTTP/1.1 \(status)", "Date: Mon, 23 Nov 2026 00:00:00 GMT", "Content-Type: application/problem+json"]
            + ["Cache-Control: no-store", "X-Content-Type-Options: nosniff", "X-Request-Id: ID"] + fields
            + ["Content-Length: \(body.utf8.count)", "", body]
        #expect(try text(response) == lines.joined(separator: "\r\n"), sourceLocation: location)
    }

    @Test("401 without a credential (RFC 6750 §3, RFC 9728 §5.1)")
    func credentialsRequired() async throws {
        let seen = try await GateHarness().ask("POST /mcp", trace)

        try expect(
            seen.local, "401 Unauthorized", [#"WWW-Authenticate: Bearer scope="mcp.read", \#(metadata)"#],
            #"{"type":"\#(problems)/credentials-required","title":"Sign-in is required","status":401,"#
                + #""detail":"Present a bearer token issued for this resource.","instance":"\#(instance)","#
                + #""phase":"authenticate"}"#)
    }

    @Test("401 with an expired token (RFC 6750 §3.1)")
    func expired() async throws {
        let gate = try GateHarness()
        let token = try gate.token()
        gate.clock.advance(by: .seconds(700))

        let seen = await gate.ask("POST /mcp", bearer: token, trace)

        try expect(
            seen.local, "401 Unauthorized",
            [
                #"WWW-Authenticate: Bearer error="invalid_token", error_description="the token expired", "#
                    + #"scope="mcp.read", \#(metadata)"#
            ],
            #"{"type":"\#(problems)/invalid-token","title":"The token is not accepted","status":401,"#
                + #""detail":"the token expired","instance":"\#(instance)","phase":"authenticate"}"#)
    }

    @Test("403 insufficient_scope (RFC 6750 §3.1, SCP-01)")
    func insufficientScope() async throws {
        let gate = try GateHarness([.init(required: ["mcp.admin"])])

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), trace)

        try expect(
            seen.local, "403 Forbidden",
            [
                #"WWW-Authenticate: Bearer error="insufficient_scope", error_description="more scope is needed", "#
                    + #"scope="mcp.read mcp.write mcp.admin", \#(metadata)"#
            ],
            #"{"type":"\#(problems)/insufficient-scope","title":"More scope is needed","status":403,"#
                + #""detail":"The challenge names the scope to ask for.","instance":"\#(instance)","phase":"authorize"}"#
        )
    }

    @Test("503 while tokens cannot be checked (RS-19)")
    func unavailable() async throws {
        let gate = try GateHarness([.init(provider: UnavailableTests.introspection)])
        gate.fetcher.answer(UnavailableTests.endpoint, with: .refused)

        let seen = await gate.ask("POST /mcp", bearer: "opaque-1", trace)

        try expect(
            seen.local, "503 Service Unavailable", ["Retry-After: 5"],
            #"{"type":"\#(problems)/temporarily-unavailable","title":"Tokens cannot be checked now","status":503,"#
                + #""detail":"The identity provider does not answer. Try again.","instance":"\#(instance)","#
                + #""phase":"authenticate"}"#)
    }

    @Test("502 when the server behind the gate does not answer")
    func upstreamUnreachable() async throws {
        let gate = try GateHarness()
        let plan = try #require(await gate.ask("POST /mcp", bearer: try gate.token(), trace).plan)

        try expect(
            gate.keeper.failed(.unreachable, for: plan), "502 Bad Gateway", [],
            #"{"type":"\#(problems)/upstream-unreachable","title":"The server behind the gate does not answer","#
                + #""status":502,"instance":"\#(instance)","phase":"forward"}"#)
    }
}
