// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateMCP
import GateObserve
import GatePolicy
import GateTestKit
import GateTime
import GateCore
import GateJSON
import GateOAuth
import Testing

/// The metadata document of a protected resource (requirements section B, RFC 9728).
struct MetadataTests {
    static let root = "/.well-known/oauth-protected-resource"

    @Test(
        "the document is public JSON that names the resource and its issuers, and nothing empty (PRM-01, 03, 04, 07, 08)"
    )
    func document() async throws {
        let gate = try GateHarness {
            $0.issuers = [IssuerURL("https://login.example/"), IssuerURL("https://b.example")]
        }

        let seen = await gate.ask("GET \(Self.root)/mcp")

        #expect(seen.status == 200)
        #expect(seen["Content-Type"] == "application/json")
        #expect(
            seen.body == #"{"resource":"https://mcp.example/mcp","#
                + #""authorization_servers":["https://login.example/","https://b.example"],"#
                + #""scopes_supported":["mcp.read"],"bearer_methods_supported":["header"]}"#)
    }

    @Test("without scopes the member is left out (PRM-08)")
    func noScopes() async throws {
        let seen = try await GateHarness([.init(scopes: [])]).ask("GET \(Self.root)/mcp")

        #expect(seen.document?["scopes_supported"] == nil)
        #expect(seen.document?["signed_metadata"] == nil)
    }

    @Test(
        "one resource is found at the inserted, the root and the appended address (PRM-02, PRM-12)",
        arguments: ["\(root)", "\(root)?x=1", "\(root)/mcp?x=1", "/mcp\(root)"])
    func everyAddress(_ address: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("GET \(address)")

        #expect(seen.status == 200)
        #expect(seen.body == (await gate.ask("GET \(Self.root)/mcp")).body)
    }

    @Test("what the challenge points at is the document of that resource (PRM-09)", arguments: ["/a/mcp", "/b/mcp"])
    func challengeLeadsThere(_ path: String) async throws {
        let gate = try GateHarness([.init(path: "/a/mcp"), .init(path: "/b/mcp")])
        let challenge = try #require(await gate.ask("POST \(path)/below").challenge)
        let address = try #require(challenge.firstMatch(of: /resource_metadata="https:\/\/mcp\.example([^"]+)"/)?.1)

        let seen = await gate.ask("GET \(address)")

        #expect(seen.status == 200)
        #expect(seen.document?["resource"]?.string == "https://mcp.example\(path)")
    }

    @Test(
        "an unknown well-known address is a plain 404 without a challenge (PRM-10)",
        arguments: [
            "\(root)/nope", "\(root)/mcp/x", "/nope\(root)", "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-authorization-server/mcp", "/mcp/.well-known/openid-configuration",
            "/.well-known/openid-configuration",
        ])
    func unknownAddress(_ path: String) async throws {
        let seen = try await GateHarness([.init(), .init(path: "/", isMCP: false, isImplied: true)]).ask("GET \(path)")

        #expect(seen.status == 404)
        #expect(seen.challenge == nil)
        #expect(seen["Location"] == nil)
        #expect(seen.reason == "route")
    }

    @Test("with several resources the root address is none of them (PRM-11)")
    func rootOfSeveral() async throws {
        let gate = try GateHarness([.init(path: "/a/mcp"), .init(path: "/b/mcp")])

        #expect(await gate.ask("GET \(Self.root)").status == 404)
    }

    @Test("what lies outside the declared resource is not announced as one (PRM-10, PRM-11)")
    func impliedResource() async throws {
        let gate = try GateHarness([.init(), .init(path: "/", isMCP: false, isImplied: true)])

        #expect(await gate.ask("GET \(Self.root)").document?["resource"]?.string == "https://mcp.example/mcp")
    }

    @Test("every page may read the document, for five minutes (PRM-13, COR-05)", arguments: ["GET", "HEAD"])
    func fields(_ method: String) async throws {
        let seen = try await GateHarness().ask("\(method) \(Self.root)/mcp", "Origin: https://anyone.example")

        #expect(seen.status == 200)
        #expect(seen["Access-Control-Allow-Origin"] == "*")
        #expect(seen["Access-Control-Allow-Credentials"] == nil)
        #expect(seen["Cache-Control"] == "public, max-age=300")
    }

    @Test("a preflight for the document is answered (PRM-13)")
    func preflight() async throws {
        let seen = try await GateHarness().ask(
            "OPTIONS \(Self.root)/mcp", "Origin: https://anyone.example", "Access-Control-Request-Method: GET")

        #expect(seen.status == 204)
        #expect(seen["Access-Control-Allow-Origin"] == "*")
    }

    @Test("other methods are 405 with Allow (RFC 9110 §15.5.6)", arguments: ["POST", "PUT", "DELETE"])
    func otherMethods(_ method: String) async throws {
        let seen = try await GateHarness().ask("\(method) \(Self.root)/mcp")

        #expect(seen.status == 405)
        #expect(seen["Allow"] == "GET, HEAD, OPTIONS")
        #expect(seen.reason == "method")
    }
}
