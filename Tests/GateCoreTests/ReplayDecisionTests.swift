// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateObserve
import GateTestKit
import Testing

/// Properties of the decision over many generated requests.
@Suite struct ReplayDecisionTests {
    private static let methods = ["GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD", "X"]
    private static let targets = [
        "/mcp", "/mcp/", "/mcp/x", "/open", "/open/x", "/pub/a", "/", "/.auth/me", "/%6dcp", "/mcp/..", "/mcp%2fx",
        "/.well-known/oauth-protected-resource/mcp", "/.well-known/openid-configuration", "/mcp?access_token=alice",
        "/mcp?x=/open", "//mcp", "/mcp;x", "/OPEN", "*",
    ]
    private static let credentials: [String?] = [
        nil, "Bearer alice", "bearer bob", "Bearer bad.signature", "Bearer down", "Basic eDp5", "Bearer", "Bearer a,b",
        "Bearer alice.cli-1.other", "Bearer stranger",
    ]
    private static let hosts: [String?] = ["mcp.example", "127.0.0.1", "evil.example", "MCP.EXAMPLE:443", nil]
    private static let lines =
        EnrichmentDecisionTests.spoofedNames.map { "\($0): rO0t" } + [
            "Origin: https://mcp.example", "Origin: https://evil.example", "Access-Control-Request-Method: POST",
            "X-Forwarded-For: rO0t", "X-Forwarded-Host: rO0t", "X-Original-URL: /open", "Forwarded: for=rO0t",
            "Mcp-Session-Id: s-1", "Mcp-Method: tools/list", "Mcp-Name: x", "MCP-Protocol-Version: 2026-07-28",
            "MCP-Protocol-Version: 2025-06-18", "Connection: x-ms-client-principal-id", "Sec-Fetch-Mode: navigate",
            "Accept: text/html", "Upgrade: h2c", "Cookie: AppServiceAuthSession=rO0t", "X-ZUMO-AUTH: rO0t",
        ]
    private static let bodies = [
        "", #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        #"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#, "junk",
    ]

    private static func request(_ generator: inout SeededGenerator) -> TestRequest {
        var request = TestRequest()
        request.method = generator.pick(methods) ?? ""
        request.target = generator.pick(targets) ?? ""
        request.authorization = generator.pick(credentials) ?? nil
        request.host = generator.pick(hosts) ?? nil
        request.contentType = Bool.random(using: &generator) ? "application/json" : nil
        request.body = generator.pick(bodies) ?? ""
        request.fields = (0..<Int.random(in: 0...4, using: &generator)).compactMap { _ in generator.pick(lines) }
        return request
    }

    /// What must be the same each time: the status, or where the request goes and with which octets, but for the request's own ids.
    private static func essence(_ outcome: DecisionHarness.Outcome) -> String {
        guard let plan = outcome.plan, let upstream = outcome.upstream else {
            return "\(outcome.status ?? 0) \(outcome.field("WWW-Authenticate") ?? "-")"
        }
        let lines = upstream.split(separator: "\r\n").filter {
            !$0.hasPrefix("traceparent:") && !$0.hasPrefix("X-Request-Id:")
        }
        return "\(plan.destination) \(lines.joined(separator: "|"))"
    }

    @Test("the same request gets the same decision, from a warm gate and from a new one", arguments: 0..<8)
    func replay(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        func edit(_ configuration: inout GatewaySnapshot.Configuration) {
            configuration.excludedPaths = ["/open", "/pub/*"]
        }
        let warm = try DecisionHarness(edit)

        for _ in 0..<150 {
            let request = Self.request(&generator)
            let first = Self.essence(await warm.send(request))
            let second = Self.essence(await warm.send(request))
            let fresh = Self.essence(await (try DecisionHarness(edit)).send(request))
            #expect(first == second, "seed \(seed): \(request)")
            #expect(first == fresh, "seed \(seed): \(request)")
        }
        #expect(warm.metrics.requestsInFlight.value >= 0)
    }

    @Test(
        "whatever is sent: no foreign identity goes on, nobody passes without right, each decision is recorded once",
        arguments: 100..<108)
    func invariants(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let harness = try DecisionHarness { $0.excludedPaths = ["/open", "/pub/*"] }

        for _ in 0..<150 {
            let request = Self.request(&generator)
            let before = harness.audit.events.count
            let outcome = await harness.send(request)
            #expect(harness.audit.events.count == before + 1, "seed \(seed): \(request)")
            guard let upstream = outcome.upstream, let plan = outcome.plan else { continue }
            if plan.destination != .control {
                #expect(!upstream.contains("rO0t"), "seed \(seed): \(request)")
                #expect(!upstream.lowercased().contains("authorization:"), "seed \(seed): \(request)")
            }
            let mayPass =
                plan.destination == .control || ["/open", "/pub/a"].contains(request.target)
                || ["Bearer alice", "bearer bob"].contains(request.authorization)
                || (!request.target.hasPrefix("/mcp") && !request.target.hasPrefix("/%6dcp")
                    && request.authorization == "Bearer alice.cli-1.other")
            #expect(mayPass, "seed \(seed): \(request)")
            #expect(request.host != "evil.example", "seed \(seed): \(request)")
        }
    }
}
