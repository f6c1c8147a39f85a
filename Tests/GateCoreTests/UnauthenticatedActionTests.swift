// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateJSON
import GateMCP
import GateOAuth
import GateObserve
import GatePolicy
import GateTestKit
import GateTime
import GateCore
import GateTime
import Testing

/// Easy Auth's `requireAuthentication` and `unauthenticatedClientAction`, for a request without a credential.
struct UnauthenticatedActionTests {
    private func gate(
        _ action: UnauthenticatedAction, _ adjust: (inout GatewaySnapshot.Configuration) -> Void = { _ in }
    )
        throws -> GateHarness
    {
        try GateHarness([.init(), .init(path: "/", isMCP: false, isImplied: true)]) {
            $0.unauthenticatedAction = action
            $0.signInPath = "/.auth/login/custom"
            adjust(&$0)
        }
    }

    private let navigation = ["Sec-Fetch-Mode: navigate", "Accept: text/html"]

    @Test("Return401 is a challenge, for a browser too")
    func return401() async throws {
        let gate = try gate(.return401)

        for path in ["/mcp", "/app"] {
            let seen = await gate.ask("GET \(path)", fields: navigation)
            #expect(seen.status == 401)
            #expect(seen.challenge != nil)
        }
    }

    @Test("Return403 is 403 without a challenge; a bad token is 401 all the same (RS-16)")
    func return403() async throws {
        let gate = try gate(.return403)

        let seen = await gate.ask("POST /mcp")

        #expect(seen.status == 403)
        #expect(seen.challenge == nil)
        #expect(seen.reason == "no_credential")
        #expect(await gate.ask("POST /mcp", bearer: "garbage").status == 401)
    }

    @Test("AllowAnonymous, and no requirement at all, let a caller through as nobody", arguments: [true, false])
    func anonymous(_ isRequired: Bool) async throws {
        let gate = try gate(isRequired ? .allowAnonymous : .return401) { $0.requiresAuthentication = isRequired }

        let seen = await gate.ask("POST /mcp", "X-MS-CLIENT-PRINCIPAL-ID: root", "x-ms-client-principal: e30=")

        #expect(seen.isForwarded)
        #expect(seen.reason == "anonymous")
        #expect(!seen.upstream.lowercased().contains("x-ms-"))
        #expect(seen.plan?.endsAt == nil)
        #expect(await gate.ask("POST /mcp", bearer: "garbage").status == 401)
        #expect(await gate.ask("POST /mcp", "X_MS_CLIENT_PRINCIPAL_ID: root").status == 400)
    }

    @Test(
        "RedirectToLoginPage sends a person's browser to sign in and back",
        arguments: [["Sec-Fetch-Mode: navigate"], ["Accept: text/html,*/*"]])
    func redirect(_ fields: [String]) async throws {
        let seen = try await gate(.redirectToLoginPage).ask("GET /app?a=1&b=//evil", fields: fields)

        #expect(seen.status == 302)
        #expect(seen["Location"] == "/.auth/login/custom?post_login_redirect_uri=%2Fapp%3Fa%3D1%26b%3D%2F%2Fevil")
        #expect(seen["Cache-Control"] == "no-store")
        #expect(seen.local?.body.isEmpty == true)
    }

    @Test(
        "RedirectToLoginPage challenges programs and MCP clients (RS-01, RS-18)",
        arguments: [
            ("GET /mcp", ["Sec-Fetch-Mode: navigate"]), ("GET /app", ["Accept: application/json"]), ("GET /app", []),
            ("GET /app", ["Sec-Fetch-Mode: cors", "Accept: text/html"]), ("POST /app", ["Accept: text/html"]),
        ] as [(String, [String])])
    func noRedirect(_ line: String, _ fields: [String]) async throws {
        let seen = try await gate(.redirectToLoginPage).ask(line, fields: fields)

        #expect(seen.status == 401)
        #expect(seen.challenge != nil)
    }

    @Test("without a provider to sign in at, RedirectToLoginPage challenges")
    func noProvider() async throws {
        let gate = try gate(.redirectToLoginPage) { $0.signInPath = nil }

        #expect(await gate.ask("GET /app", fields: navigation).status == 401)
    }
}
