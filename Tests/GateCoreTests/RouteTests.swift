// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateMCP
import GateOAuth
import GateObserve
import GatePolicy
import GateTestKit
import GateTime
import GateCore
import GateJSON
import Testing

/// Which host, which path, which resource (requirements RS-01, TRL-10; defences D9, D15).
struct RouteTests {
    private func gate() throws -> GateHarness {
        try GateHarness([.init(), .init(path: "/", isMCP: false, isImplied: true)]) {
            $0.excludedPaths = ["/health", "/public/*", "/a b"]
        }
    }

    @Test(
        "configured names, addresses and localhost are served (TRL-10)",
        arguments: [
            "mcp.example", "MCP.Example:8443", "second.example", "localhost:3000", "127.0.0.1:8080", "10.1.2.3",
            "[::1]:80",
        ])
    func servedHosts(_ host: String) async throws {
        let gate = try GateHarness { $0.allowedHosts = ["Second.example"] }

        #expect(await gate.ask("POST /mcp", bearer: try gate.token(), host: host).isForwarded)
    }

    @Test(
        "any other name is 421, before anything else is looked at (TRL-10, DNS rebinding)",
        arguments: [
            "evil.example", "mcp.example.evil", "xmcp.example", "mcp.exampl", "127.0.0.1.evil.example",
            "localhost.evil",
            "mcp.example.",
        ])
    func otherHosts(_ host: String) async throws {
        let gate = try gate()

        for line in ["POST /mcp", "GET /health", "GET /.well-known/oauth-protected-resource", "GET /.auth/me"] {
            let seen = await gate.ask(line, bearer: try gate.token(), host: host)
            #expect(seen.status == 421)
            #expect(seen.reason == "host")
            #expect(seen.challenge == nil)
            #expect(seen.local?.closesConnection == true)
            #expect(!seen.body.contains(host))
        }
    }

    @Test(
        "an excluded path needs no credential, nor does what lies below `/*` (Easy Auth: excludedPaths)",
        arguments: ["/health", "/health?x=1", "/public", "/public/", "/public/a", "/public/a/b?c=/mcp", "/%68ealth"])
    func excluded(_ path: String) async throws {
        let seen = try await gate().ask("GET \(path)", "X-MS-CLIENT-PRINCIPAL-ID: root")

        #expect(seen.isForwarded)
        #expect(seen.reason == "excluded_path")
        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-ID").isEmpty)
    }

    @Test(
        "what only resembles an excluded path does need one (D15)",
        arguments: [
            "/healthz", "/health/", "/health/x", "/Health", "/publicity", "/PUBLIC/a", "/mcp?x=/health", "/mcp/health",
            "/mcp/public/a", "/x/public/a",
        ])
    func notExcluded(_ path: String) async throws {
        let seen = try await gate().ask("GET \(path)")

        #expect(seen.status == 401)
    }

    @Test(
        "a path that others may read differently is 400 (D15)",
        arguments: [
            "/public/../mcp", "/public/%2e%2e/mcp", "/public/..%2fmcp", "/public//mcp", "/public/..;/mcp",
            "/public/%00",
            "/public\\..\\mcp", "/public/%252e%252e/mcp", "/public/%5c..%5cmcp", "/./mcp",
        ])
    func ambiguousPaths(_ path: String) async throws {
        let seen = try await gate().ask("GET \(path)")

        #expect(seen.status == 400)
        #expect(seen.challenge == nil)
    }

    @Test("an escaped path is judged, and forwarded, in its one form (D15)")
    func canonicalPath() async throws {
        let gate = try gate()

        #expect(await gate.ask("GET /%6Dcp").challenge?.contains("/oauth-protected-resource/mcp\"") == true)
        let seen = await gate.ask("POST /%6Dcp/%7Ex?q=%6D", bearer: try gate.token())
        #expect(seen.upstream.hasPrefix("POST /mcp/~x?q=%6D HTTP/1.1\r\n"))
        #expect(seen.event?.path == "/mcp/~x")
    }

    @Test("a resource owns what lies below it on a segment boundary, the longest path first (RS-06)")
    func ownership() async throws {
        let gate = try GateHarness([.init(path: "/a"), .init(path: "/a/b")])

        for (path, owner) in [("/a", "/a"), ("/a/x", "/a"), ("/a/b", "/a/b"), ("/a/b/c", "/a/b"), ("/a/bc", "/a")] {
            let challenge = await gate.ask("GET \(path)").challenge
            #expect(challenge?.contains("/oauth-protected-resource\(owner)\"") == true)
        }
        #expect(await gate.ask("GET /ab").status == 404)
        #expect(await gate.ask("OPTIONS *").status == 404)
    }

    @Test("a token for one resource is refused at another, whatever was answered before (RS-06)")
    func tokenOfAnotherResource() async throws {
        let gate = try GateHarness([.init(path: "/a/mcp"), .init(path: "/b/mcp")])
        let token = try gate.token(["aud": "https://mcp.example/a/mcp"])

        for _ in 0..<2 {
            #expect(await gate.ask("POST /a/mcp", bearer: token).isForwarded)
            let seen = await gate.ask("POST /b/mcp", bearer: token)
            #expect(seen.status == 401)
            #expect(seen.reason == "token_audience")
        }
    }

    @Test("what one resource needs is not asked of another (SCP-01)")
    func scopeOfAnotherResource() async throws {
        let gate = try GateHarness([.init(path: "/a/mcp"), .init(path: "/b/mcp", required: ["mcp.admin"])])
        let token = try gate.token(["aud": ["https://mcp.example/a/mcp", "https://mcp.example/b/mcp"]])

        #expect(await gate.ask("POST /a/mcp", bearer: token).isForwarded)
        #expect(await gate.ask("POST /b/mcp", bearer: token).status == 403)
    }

    @Test(
        "the control plane is in this process, and what resembles its prefix is not",
        arguments: [("/.auth", true), ("/.auth/me", true), ("/.authx", false)])
    func control(_ path: String, _ isControl: Bool) async throws {
        let seen = try await gate().ask("GET \(path)")

        #expect((seen.plan?.destination == .control) == isControl)
        #expect(isControl || seen.status == 401)
    }
}
