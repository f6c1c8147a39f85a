// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateJSON
import GateOAuth
import Testing

/// Protected resource metadata (RFC 9728): requirements PRM-01 to PRM-14.
@Suite struct MetadataDecisionTests {
    private static let inserted = "/.well-known/oauth-protected-resource/mcp"
    private static let appended = "/mcp/.well-known/oauth-protected-resource"
    private static let root = "/.well-known/oauth-protected-resource"

    @Test(
        "the document is served without credentials in every layout, with the same octets (PRM-01, PRM-02, PRM-12)",
        arguments: [inserted, appended, root, inserted + "?x=1", root + "?x=1"])
    func layouts(target: String) async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.get(target, bearer: nil))

        #expect(outcome.status == 200)
        #expect(outcome.field("Content-Type") == "application/json")
        #expect(
            outcome.body
                == #"{"resource":"https://mcp.example/mcp","authorization_servers":["https://login.example/"],"#
                + #""scopes_supported":["mcp.read"],"bearer_methods_supported":["header"],"resource_name":"Example"}"#
        )
    }

    @Test("the address in the challenge is that of the document (PRM-09)")
    func challengeAddress() async throws {
        let harness = try DecisionHarness()
        let challenged = await harness.send(.post(bearer: nil))
        let address = try #require(challenged.challenge?.parameters["resource_metadata"])
        let path = try HTTPURL(address).path

        let document = await harness.send(.get(path, bearer: nil))

        #expect(document.status == 200)
        let object = try #require(try JSONValue.parse(document.response?.body ?? []).object)
        #expect(object["resource"] == "https://mcp.example/mcp")
    }

    @Test("every page may read it, for five minutes; HEAD works, other methods are 405 (PRM-13, COR-05)")
    func caching() async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.get(Self.inserted, bearer: nil, ["Origin: https://any.example"]))
        #expect(outcome.field("Access-Control-Allow-Origin") == "*")
        #expect(outcome.field("Cache-Control") == "public, max-age=300")

        var request = TestRequest.get(Self.inserted, bearer: nil)
        request.method = "HEAD"
        let head = await harness.send(request)
        #expect(head.status == 200)
        #expect(!head.body.isEmpty)

        request.method = "POST"
        let post = await harness.send(request)
        #expect(post.status == 405)
        #expect(post.field("Allow") == "GET, HEAD, OPTIONS")
    }

    @Test("a page's preflight for it is answered (COR-05)", arguments: [inserted, root + "/nope"])
    func preflight(target: String) async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.get(
            target, bearer: nil,
            [
                "Origin: https://any.example", "Access-Control-Request-Method: GET",
                "Access-Control-Request-Headers: mcp-protocol-version",
            ])
        request.method = "OPTIONS"

        let outcome = await harness.send(request)

        #expect(outcome.status == 204)
        #expect(outcome.field("Access-Control-Allow-Origin") == "*")
        #expect(outcome.field("Access-Control-Allow-Headers")?.contains("MCP-Protocol-Version") == true)
    }

    @Test(
        "other discovery addresses are a plain 404 that pages may read (PRM-10, quirk Q23)",
        arguments: [
            root + "/nope", root + "/mcp/x", root + "/", root + "x", "/nope" + root, inserted + "/",
            "/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/mcp",
            "/.well-known/openid-configuration", "/mcp/.well-known/openid-configuration",
        ])
    func unknown(target: String) async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(.get(target, bearer: nil, ["Origin: https://any.example"]))

        #expect(outcome.status == 404)
        #expect(outcome.fieldCount("WWW-Authenticate") == 0)
        #expect(outcome.field("Access-Control-Allow-Origin") == "*")
    }

    @Test("discovery that the operator excludes is the upstream's to answer")
    func excludedDiscovery() async throws {
        let harness = try DecisionHarness { $0.excludedPaths = ["/.well-known/openid-configuration"] }

        #expect(await harness.send(.get("/.well-known/openid-configuration", bearer: nil)).isForwarded)
        #expect(await harness.send(.get(Self.root, bearer: nil)).status == 200)
    }

    @Test("of several resources each has its own document, and the root has none (PRM-11)")
    func severalResources() async throws {
        let harness = try DecisionHarness { _ in
        } resources: { resources in
            var other = resources[0]
            other.path = "/b/mcp"
            other.identifier = ResourceIndicator("https://mcp.example/b/mcp")
            other.name = nil
            resources.append(other)
        }

        let first = await harness.send(.get(Self.inserted, bearer: nil))
        let second = await harness.send(.get(Self.root + "/b/mcp", bearer: nil))
        let both = await harness.send(.get(Self.root, bearer: nil))

        #expect(first.body.contains(#""resource":"https://mcp.example/mcp""#))
        #expect(second.body.contains(#""resource":"https://mcp.example/b/mcp""#))
        #expect(both.status == 404)
    }

    @Test("a site that is one resource has its document at the root")
    func wholeSite() async throws {
        let harness = try DecisionHarness { _ in
        } resources: { resources in
            resources[0].path = "/"
            resources[0].identifier = ResourceIndicator("https://mcp.example")
            resources.removeLast()
        }

        let outcome = await harness.send(.get(Self.root, bearer: nil))
        #expect(outcome.body.contains(#""resource":"https://mcp.example""#))
        let challenged = await harness.send(.post("/x", bearer: nil))
        #expect(
            challenged.challenge?.parameters["resource_metadata"]
                == "https://mcp.example/.well-known/oauth-protected-resource")
    }

    @Test("members without elements are left out, and offline_access is never advertised (PRM-05, PRM-08, PRM-14)")
    func minimal() async throws {
        let harness = try DecisionHarness {
            $0.issuers = []
        } resources: {
            $0[0].scopes = ["offline_access"]
            $0[0].requiredScopes = []
            $0[0].name = nil
        }

        let outcome = await harness.send(.get(Self.inserted, bearer: nil))
        #expect(outcome.body == #"{"resource":"https://mcp.example/mcp","bearer_methods_supported":["header"]}"#)
        #expect(await harness.send(.post(bearer: nil)).challenge?.parameters["scope"] == nil)
    }

    @Test("the document says what is configured, whatever Host says (RS-21)")
    func hostPlaysNoPart() async throws {
        let harness = try DecisionHarness()
        var request = TestRequest.get(Self.inserted, bearer: nil, ["X-Forwarded-Host: evil.example"])
        request.host = "127.0.0.1:18000"

        #expect(await harness.send(request).body.hasPrefix(#"{"resource":"https://mcp.example/mcp","#))
    }
}
