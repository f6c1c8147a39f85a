// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateJSON
import GateMCP
import GateOAuth
import GateObserve
import GateTestKit
import GateTime
import GateCore
import GateIdentity
import GatePolicy
import Testing

/// Which pages may call (requirement TRL-04) and what a browser is told (requirements section M).
struct OriginTests {
    static let page = "https://page.example"

    private func gate(_ places: [GateHarness.Place] = [.init()], policy: EasyAuthPolicy = EasyAuthPolicy()) throws
        -> GateHarness
    {
        try GateHarness(places, policy: policy) {
            $0.allowedOrigins = [Self.page]
            $0.excludedPaths = ["/health"]
        }
    }

    @Test(
        "a page that is not listed is refused, even with a good token (TRL-04)",
        arguments: ["GET", "POST", "DELETE", "OPTIONS"],
        [
            "https://evil.example", "null", "https://page.example.evil", "https://page.example:444",
            "http://page.example",
            "https://PAGE.example", "https://page.example/", "http://localhost:3000", "https://page.example, https://a",
        ])
    func otherPages(_ method: String, _ origin: String) async throws {
        let gate = try gate()

        let seen = await gate.ask(
            "\(method) /mcp", bearer: try gate.token(), "Origin: \(origin)", "Access-Control-Request-Method: POST")

        #expect(seen.status == 403)
        #expect(seen.reason == "origin")
        #expect(seen.challenge == nil)
        #expect(seen["Access-Control-Allow-Origin"] == nil)
    }

    @Test(
        "no page, a listed page and the gate's own pages may call (TRL-04)", arguments: [nil, page, GateHarness.origin])
    func listedPages(_ origin: String?) async throws {
        let gate = try gate()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), fields: origin.map { ["Origin: \($0)"] } ?? [])

        #expect(seen.isForwarded)
    }

    @Test("pages of this machine may call a gate on this machine, and only there (TRL-04)")
    func loopback() async throws {
        let policy = CORSPolicy(origins: [], allowsLoopback: true)

        #expect(policy.allows("http://localhost:3000"))
        #expect(policy.allows("http://127.0.0.1:8080"))
        #expect(!policy.allows("http://localhost.evil.example"))
        #expect(!policy.allows("http://localhost:3000/path"))
        #expect(!policy.allows("null"))
        #expect(!CORSPolicy(origins: [], allowsLoopback: false).allows("http://localhost:3000"))
    }

    @Test("two Origin fields are 400 (TRL-04)")
    func twoOrigins() async throws {
        let gate = try gate()

        let seen = await gate.ask(
            "POST /mcp", bearer: try gate.token(), "Origin: \(Self.page)", "Origin: https://evil.example")

        #expect(seen.status == 400)
    }

    @Test("the rule is MCP's: other paths answer pages as they always did (TRL-04)")
    func otherPaths() async throws {
        let gate = try gate([.init(), .init(path: "/", isMCP: false, isImplied: true)])
        let token = try gate.token(["aud": "https://mcp.example"])

        let seen = await gate.ask("GET /app", bearer: token, "Origin: https://evil.example")

        #expect(seen.isForwarded)
        #expect(await gate.ask("GET /health", "Origin: https://evil.example").isForwarded)
    }

    @Test("a preflight is answered before authentication, without a challenge (COR-01, COR-02)")
    func preflight() async throws {
        let seen = try await gate().ask(
            "OPTIONS /mcp", "Origin: \(Self.page)", "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: authorization, Mcp-Param-Region, x-other")

        #expect(seen.status == 204)
        #expect(seen.reason == "preflight")
        #expect(seen.challenge == nil)
        #expect(seen["Access-Control-Allow-Origin"] == Self.page)
        #expect(seen["Access-Control-Allow-Methods"] == "GET, POST, DELETE, OPTIONS")
        #expect(
            seen["Access-Control-Allow-Headers"]
                == "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID, "
                + "Mcp-Method, Mcp-Name, traceparent, tracestate, mcp-param-region")
        #expect(seen["Access-Control-Allow-Credentials"] == nil)
        #expect(seen["Vary"]?.contains("Origin") == true)
    }

    @Test("OPTIONS that is no preflight needs a credential like any request (COR-01)")
    func plainOptions() async throws {
        let gate = try gate()

        #expect(await gate.ask("OPTIONS /mcp").status == 401)
        #expect(await gate.ask("OPTIONS /mcp", "Origin: \(Self.page)").status == 401)
    }

    @Test(
        "a listed page may read refusals and their challenge (COR-03, COR-04, COR-07)", arguments: [401, 403, 404, 503])
    func refusalsAreReadable(_ status: Int) async throws {
        let seen = try await refusal(status)

        #expect(seen.status == status)
        #expect(seen["Access-Control-Allow-Origin"] == Self.page)
        for name in ["WWW-Authenticate", "Mcp-Session-Id", "MCP-Protocol-Version", "Retry-After"] {
            #expect(seen["Access-Control-Expose-Headers"]?.contains(name) == true)
        }
        #expect(seen["Access-Control-Allow-Credentials"] == nil)
        #expect(seen["Vary"] == "Origin")
        #expect(seen["Cache-Control"] == "no-store")
    }

    private func refusal(_ status: Int) async throws -> Seen {
        let origin = "Origin: \(Self.page)"
        switch status {
        case 401: return try await gate().ask("POST /mcp", origin)
        case 404: return try await gate().ask("GET /nowhere", origin)
        case 503:
            let gate = try gate([.init(provider: UnavailableTests.unreachableKeys)])
            gate.fetcher.answer(UnavailableTests.keySet, with: .refused)
            return await gate.ask("POST /mcp", bearer: try gate.token(), origin)
        default:
            let gate = try gate(policy: EasyAuthPolicy(allowedIdentities: ["bob"]))
            return await gate.ask("POST /mcp", bearer: try gate.token(), origin)
        }
    }

    @Test("answers of the server carry the gate's CORS fields and are not for shared caches (COR-03, COR-07, TRM-10)")
    func answers() async throws {
        let gate = try gate()
        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), "Origin: \(Self.page)")

        let answer = try gate.respond(
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAccess-Control-Allow-Origin: *\r\n"
                + "Access-Control-Allow-Credentials: true\r\nWWW-Authenticate: Basic realm=\"x\"", to: seen)

        #expect(answer.contains("\r\nAccess-Control-Allow-Origin: \(Self.page)\r\n"))
        #expect(!answer.contains("Access-Control-Allow-Origin: *"))
        #expect(!answer.contains("Credentials"))
        #expect(!answer.contains("Basic"))
        #expect(answer.contains("\r\nCache-Control: no-store\r\n"))
        #expect(answer.contains("\r\nVary: Authorization\r\n"))
    }

    @Test("what the server says of caching stays (TRM-10)")
    func serversCaching() async throws {
        let gate = try gate()
        let seen = await gate.ask("POST /mcp", bearer: try gate.token())

        let answer = try gate.respond(
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: private, max-age=9", to: seen)

        #expect(answer.contains("Cache-Control: private, max-age=9\r\n"))
        #expect(!answer.contains("no-store"))
    }
}
