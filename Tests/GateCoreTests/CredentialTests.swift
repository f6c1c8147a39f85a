// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateOAuth
import GateObserve
import Testing

/// What is taken for a credential, and what is not (requirements section A).
struct CredentialTests {
    @Test(
        "no credential is 401 with a challenge and goes nowhere, whatever the method (RS-01, RS-18)",
        arguments: ["GET", "POST", "DELETE", "HEAD", "PUT"])
    func nothingPresented(_ method: String) async throws {
        let seen = try await GateHarness().ask("\(method) /mcp")

        #expect(seen.status == 401)
        #expect(!seen.isForwarded)
        #expect(seen.reason == "no_credential")
        #expect(seen.challenge?.hasPrefix("Bearer ") == true)
    }

    @Test("without a credential the challenge names metadata and scope, and no error (RS-02, RS-03, RS-04)")
    func challengeWithoutError() async throws {
        let seen = try await GateHarness([.init(scopes: ["mcp.read", "mcp.list"], required: ["mcp.read"])])
            .ask("POST /mcp")

        #expect(
            seen.challenge
                == #"Bearer scope="mcp.read mcp.list", "#
                + #"resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp""#)
    }

    @Test("a good token passes, and the event says whose it is (RS-06)")
    func goodToken() async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token())

        #expect(seen.isForwarded)
        #expect(seen.reason == "bearer")
        #expect(seen.event?.caller?.subject == "alice")
        #expect(seen.event?.caller?.client == "client-1")
        #expect(seen.event?.mcpMethod == "tools/list")
    }
}
