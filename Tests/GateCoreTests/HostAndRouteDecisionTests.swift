// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateFetch
import GateOAuth
import GateObserve
import GatePolicy
import Testing

/// HEAD and CLASSIFY: the host, the one normalised path (D15), exclusions, the control plane.
@Suite struct HostAndRouteDecisionTests {
    @Test(
        "configured names, loopback and the address that was connected to are served (TRL-10)",
        arguments: [
            "mcp.example", "MCP.Example", "mcp.example:443", "mcp.example:8443", "127.0.0.1:18000", "localhost:9261",
            "[::1]:8080", "127.0.0.2", "198.51.100.1", "198.51.100.1:8080", "inside.example:1", "only.example:8080",
        ])
    func servedHost(host: String) async throws {
        let harness = try DecisionHarness { $0.allowedHosts = ["inside.example", "only.example:8080"] }

        #expect(await harness.send(TestRequest(host: host)).isForwarded)
    }

    @Test(
        "any other Host is 421, before the path or the token is looked at (TRL-10, CVE-2025-64443)",
        arguments: [
            "evil.example", "mcp.example.evil.example", "xmcp.example", "mcp.exampl", "localhost.evil.example",
            "203.0.113.9", "[2001:db8::9]", "127.0.0.1.evil.example", "only.example", "only.example:80", "1", "0x7f.1",
        ])
    func foreignHost(host: String) async throws {
        let harness = try DecisionHarness { $0.allowedHosts = ["only.example:8080"] }

        for target in ["/mcp", "/.well-known/oauth-protected-resource", "/.auth/me", "/"] {
            let outcome = await harness.send(.init(target: target, host: host))
            #expect(outcome.status == 421)
        }
        #expect(harness.check.askedCount == 0)
        #expect(Set(harness.audit.events.map(\.reason)) == ["host"])
    }

    @Test("an address is served as Host where the connection's own is not known, a name is not")
    func unknownLocalAddress() async throws {
        let harness = try DecisionHarness()
        let connection = ConnectionFacts(remoteAddress: "192.0.2.7", isTLS: true, isHTTP2: false)

        #expect(await harness.send(TestRequest(host: "203.0.113.9"), on: connection).isForwarded)
        #expect(await harness.send(TestRequest(host: "evil.example"), on: connection).status == 421)
    }

    @Test("any host is served when the operator says so")
    func anyHost() async throws {
        let harness = try DecisionHarness { $0.allowedHosts = ["*"] }

        #expect(await harness.send(TestRequest(host: "evil.example")).isForwarded)
    }

    @Test("HTTP/1.0 without Host is served and goes on with the public name")
    func missingHost() async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.get()
        request.host = nil
        request.version = "HTTP/1.0"

        let upstream = try #require(await harness.send(request).upstream)

        #expect(upstream.contains("\r\nHost: mcp.example\r\n"))
    }

    @Test(
        "a path that two parsers could read differently is refused at HEAD (D15, CVE-2026-26205, CVE-2026-42274)",
        arguments: [
            "/mcp/../admin", "/mcp/%2e%2e/admin", "/mcp/%2E./admin", "/mcp%2fadmin", "/mcp%5cadmin", "/mcp/%00",
            "/mcp;x=1", "/mcp%3bx", "/mcp/%252e%252e/admin", "/mcp/%c0%ae%c0%ae/", "/mcp/%EF%BC%8E%EF%BC%8E/x",
            "/mcp/./x", "//mcp", "/mcp//x", "/mcp%23x", "/mcp%3Fx",
        ])
    func ambiguousPath(target: String) async throws {
        let harness = try DecisionHarness { $0.excludedPaths = ["/mcp/*", "/*"] }

        let outcome = await harness.send(.get(target))

        #expect(outcome.status == 400)
        #expect(harness.check.askedCount == 0)
        #expect(harness.audit.events.count == 1)
    }

    @Test("an escaped path is judged and forwarded in its canonical form (D15)")
    func canonicalForm() async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.get("/%6dcp/a%7eb%c3%a9?x=%6d"))

        let upstream = try #require(outcome.upstream)
        #expect(upstream.hasPrefix("GET /mcp/a~b%C3%A9?x=%6d HTTP/1.1\r\n"))
        #expect(harness.audit.events.map(\.path) == ["/mcp/a~b%C3%A9"])
    }

    @Test(
        "an excluded path passes without credentials, exactly or below on a segment boundary",
        arguments: ["/open", "/open?x=1", "/pub/", "/pub/a", "/pub/a/b", "/pub", "/%6fpen"])
    func excluded(target: String) async throws {
        let harness = try DecisionHarness { $0.excludedPaths = ["/open", "/pub/*"] }

        #expect(await harness.send(.get(target, bearer: nil)).isForwarded)
        #expect(harness.audit.events.map(\.reason) == ["excluded_path"])
    }

    @Test(
        "no other path passes, whatever the query, the user agent or a forwarding field says (CVE-2025-54576, CVE-2026-40575, GHSA-5hvv-m4w4-gf6v)",
        arguments: [
            ["/mcp?x=/open"], ["/mcp/open"], ["/Open"], ["/open/"], ["/open/x"], ["/openx"], ["/public"], ["/pub2"],
            ["/mcp", "X-Forwarded-Uri: /open"], ["/mcp", "X-Original-URL: /open"], ["/mcp", "X-Rewrite-URL: /pub/a"],
            ["/mcp", "User-Agent: GoogleHC/1.0"], ["/mcp", "X-Forwarded-Path: /open"], ["/mcp?a=1&/pub/x"],
            ["/mcp", "X-HTTP-Method-Override: OPTIONS"],
        ])
    func notExcluded(request: [String]) async throws {
        let harness = try DecisionHarness { $0.excludedPaths = ["/open", "/pub/*"] }

        let outcome = await harness.send(.get(request[0], bearer: nil, Array(request.dropFirst())))

        #expect(outcome.status == 401)
    }

    @Test("a fragment or a raw control in the target is refused before anything is matched (CVE-2026-41059)")
    func fragment() async throws {
        let harness = try DecisionHarness { $0.excludedPaths = ["/open"] }

        for target in ["/open#/mcp", "/mcp#/open", "/mcp\u{7F}/open"] {
            #expect(await harness.send(.get(target, bearer: nil)).status == 400)
        }
    }

    @Test("an excluded path below a resource goes to that resource's upstream")
    func excludedUpstream() async throws {
        let harness = try DecisionHarness {
            $0.excludedPaths = ["/mcp/health"]
            $0.upstreamHosts = ["one", "two"]
        } resources: {
            $0[0].upstream = 1
        }

        let outcome = await harness.send(.get("/mcp/health", bearer: nil))

        #expect(outcome.plan?.destination == .upstream(1))
        #expect(outcome.upstream?.contains("\r\nHost: two\r\n") == true)
    }

    @Test(
        "the API prefix goes to the control plane, and what only begins like it does not",
        arguments: [("/.auth", true), ("/.auth/me", true), ("/.auth/login/aad?x=1", true), ("/.authx", false)])
    func controlPlane(target: String, isControl: Bool) async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.get(target, bearer: nil))

        #expect((outcome.plan?.destination == .control) == isControl)
        #expect(isControl || outcome.status == 401)
    }

    @Test("the API prefix can be moved")
    func movedPrefix() async throws {
        let harness = try DecisionHarness { $0.apiPrefix = "/gate" }

        #expect(await harness.send(.get("/gate/me", bearer: nil)).plan?.destination == .control)
        #expect(await harness.send(.get("/.auth/me", bearer: nil)).status == 401)
    }

    @Test("the longest resource path decides, on a segment boundary")
    func longestResource() async throws {
        let harness = try DecisionHarness { _ in
        } resources: { resources in
            var nested = resources[0]
            nested.path = "/mcp/admin"
            nested.identifier = ResourceIndicator("https://mcp.example/mcp/admin")
            nested.requiredScopes = ["admin"]
            resources.append(nested)
        }

        #expect(await harness.send(.post("/mcp")).isForwarded)
        #expect(await harness.send(.post("/mcp/administrator")).isForwarded)
        #expect(await harness.send(.post("/mcp/admin")).status == 403)
        #expect(await harness.send(.post("/mcp/admin/x")).status == 403)
    }

    @Test("a cached verdict never answers for another resource (GHSA-qvp4-rpmr-xwrr)")
    func cachePerResource() async throws {
        let harness = try DecisionHarness { _ in
        } resources: { resources in
            var other = resources[0]
            other.path = "/other"
            other.requiredScopes = ["mcp.write"]
            resources.append(other)
        }

        #expect(await harness.send(.post("/mcp")).isForwarded)
        #expect(await harness.send(.post("/other")).status == 403)
        #expect(await harness.send(.post("/mcp")).isForwarded)
        #expect(await harness.send(.post("/other")).status == 403)
    }

    @Test("OPTIONS * is answered by the gate")
    func asterisk() async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.get("*")
        request.method = "OPTIONS"

        #expect(await harness.send(request).status == 404)
    }

    @Test("requireHttps sends a page to the public URL and refuses everything else over a plain connection")
    func requiresHTTPS() async throws {
        let harness = try DecisionHarness {
            $0.requiresHTTPS = true
            $0.trustedProxies = [IPNetwork("10.0.0.0/8")].compactMap { $0 }
        }
        let plain = ConnectionFacts(remoteAddress: "192.0.2.7", isTLS: false, isHTTP2: false)
        let proxy = ConnectionFacts(remoteAddress: "10.1.1.1", isTLS: false, isHTTP2: false)
        let secure = ["X-Forwarded-Proto: https"]

        let page = await harness.send(.get("/a/b?c=d", bearer: nil, ["Accept: text/html"]), on: plain)
        #expect(page.status == 308)
        #expect(page.field("Location") == "https://mcp.example/a/b?c=d")
        #expect(await harness.send(.get(bearer: nil, ["Accept: text/html"] + secure), on: plain).status == 308)
        #expect(await harness.send(.message, on: plain).status == 403)
        #expect(await harness.send(.get("/a", ["Accept: text/html"]), on: plain).status == 403)
        #expect(await harness.send(.message, on: proxy).status == 403)
        #expect(await harness.send(.post(secure), on: proxy).isForwarded)
        #expect(await harness.send(.post(["X-Forwarded-Proto: https, http"]), on: proxy).status == 403)
        #expect(await harness.send(.message).isForwarded)
    }
}

extension TestRequest {
    static func post(_ fields: [String]) -> TestRequest { .post("/mcp", fields) }
    static func get(bearer: String?, _ fields: [String]) -> TestRequest { .get("/mcp", bearer: bearer, fields) }
    static func get(_ target: String, _ fields: [String]) -> TestRequest { .get(target, bearer: "alice", fields) }
}
