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
            root + "/nope", root + "/mcp/x", root + "/", root + "x", "/nope" + root,
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
}
