// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateOAuth
import GateObserve
import GatePolicy
import GateSeal
import GateSession
import GateTestKit
import GateTime
import Testing

/// What a browser's session is worth: defences D24, D26 and D27.
@Suite struct BrowserSessionDecisionTests {
    private let sessions: BrowserSessions
    private let harness: DecisionHarness

    init() throws {
        let sessions = BrowserSessions(
            .init(site: "https://mcp.example", attributes: CookieAttributes(isSecure: true)),
            keys: try KeyRing(secrets: [[UInt8](0..<32)]))
        self.sessions = sessions
        harness = try DecisionHarness {
            $0.sessions = sessions
            $0.registrations = [ScriptedCheck.id: "idp https://login.example/ cli-1", .entra: "entra"]
            $0.signInPath = "/.auth/login/idp"
            $0.unauthenticatedAction = .redirectToLoginPage
            $0.logoutEndpoint = "/bye"
            $0.cookieNames = ["AppServiceAuthSession", "__Host-GatehouseSignIn."]
            $0.policies[.entra] = EasyAuthPolicy(allowedIdentities: ["somebody else"])
        }
    }

    /// The `Cookie` line of somebody who is signed in.
    private func cookie(
        _ subject: String = "alice", lasting: Duration = .seconds(600), registration: String? = nil
    ) throws -> String {
        let now = harness.clock.now
        let usual = subject == "entra" ? "entra" : "idp https://login.example/ cli-1"
        let session = Session(
            principal: ScriptedCheck.principal(subject), registration: registration ?? usual, signedInAt: now,
            expiresAt: now + lasting)
        let set = try sessions.begin(session, replacing: [], at: now)
        return "Cookie: " + set[0].prefix { $0 != ";" }
    }

    private func page(_ fields: [String], method: String = "GET", target: String = "/app") -> TestRequest {
        var request = TestRequest.get(target, bearer: nil, fields)
        request.method = method
        return request
    }

    private let navigation = ["Sec-Fetch-Mode: navigate", "Accept: text/html"]

    @Test("a session lets its person in, and the application learns who it is")
    func known() async throws {
        let outcome = await harness.send(page([try cookie()]))
        let upstream = try #require(outcome.upstream)

        #expect(upstream.contains("\r\nX-MS-CLIENT-PRINCIPAL-NAME: alice@example.com\r\n"))
        #expect(upstream.contains("\r\nX-MS-CLIENT-PRINCIPAL-IDP: idp\r\n"))
        #expect(harness.audit.events.last?.reason == "session")
        #expect(outcome.plan?.endsAt == harness.clock.now + .seconds(600))
    }

    @Test("the application sees neither the session nor a sign-in, and can set none (D27)")
    func ownCookies() async throws {
        let line = try cookie() + "; __Host-GatehouseSignIn.abc=x; mine=1; AppServiceAuthSession1=y"
        let outcome = await harness.send(page([line]))
        #expect(try #require(outcome.upstream).contains("\r\nCookie: mine=1\r\n"))
        let answer = harness.answer(
            try #require(outcome.plan), 200,
            [
                "Set-Cookie: AppServiceAuthSession=1.x", "Set-Cookie: __Host-GatehouseSignIn.abc=x; Path=/",
                "Set-Cookie: AppServiceAuthSession2=x", "Set-Cookie: mine=2",
            ])

        #expect(answer.contains("\r\nSet-Cookie: mine=2\r\n"))
        #expect(!answer.contains("AppService") && !answer.contains("Gatehouse"))
        #expect(answer.contains("\r\nVary: Authorization, Cookie\r\n"))
        #expect(answer.contains("\r\nCache-Control: no-store\r\n"))
    }

    @Test("it ends when its time is over, and at once with the sign-out, also for a copy (D24)")
    func ends() async throws {
        let line = try cookie(lasting: .seconds(60))
        #expect(await harness.send(page([line])).isForwarded)
        _ = sessions.end(in: Array(line.dropFirst(8).utf8), at: harness.clock.now)
        #expect(await harness.send(page([line] + navigation)).status == 302)

        let other = try cookie(lasting: .seconds(60))
        #expect(await harness.send(page([other])).isForwarded)
        harness.clock.advance(by: .seconds(60))
        #expect(await harness.send(page([other] + navigation)).status == 302)
    }

    @Test("without a session a browser is sent to sign in, a program is challenged; a bad cookie is none")
    func none() async throws {
        for fields in [[], ["Cookie: AppServiceAuthSession=1.AAAA"], ["Cookie: AppServiceAuthSession=1.AAAA; a=b"]] {
            let person = await harness.send(page(fields + navigation, target: "/app?a=b"))
            #expect(person.field("Location") == "/.auth/login/idp?post_login_redirect_uri=%2Fapp%3Fa%3Db")
            #expect(await harness.send(page(fields)).status == 401)
        }
    }

    @Test("a sign-in begins at the public URL, where the provider leads back to, whatever name the gate was asked by")
    func otherName() async throws {
        let harness = try DecisionHarness {
            $0.signInPath = "/.auth/login"
            $0.unauthenticatedAction = .redirectToLoginPage
            $0.allowedHosts = ["other.example"]
        }
        var request = page(navigation)
        request.host = "other.example"
        let location = await harness.send(request).field("Location")

        #expect(location == "https://mcp.example/.auth/login?post_login_redirect_uri=%2Fapp")
        request.host = "MCP.example"
        #expect(await harness.send(request).field("Location") == "/.auth/login?post_login_redirect_uri=%2Fapp")
    }

    @Test("a session is no credential for MCP, and its text is no bearer token")
    func notForMCP() async throws {
        let line = try cookie()
        #expect(await harness.send(page([line], target: "/mcp")).status == 401)
        var message = TestRequest.post("/mcp", bearer: nil, [line, "Origin: https://mcp.example"])
        #expect(await harness.send(message).status == 401)
        message = TestRequest.get("/app", bearer: String(line.split(separator: "=")[1]))
        #expect(await harness.send(message).upstream?.contains("alice") != true)
    }

    @Test("a token wins over a cookie: one credential decides, and a bad one is not made good by the other")
    func tokenFirst() async throws {
        let line = try cookie("bob")
        let good = await harness.send(.get("/app", bearer: "alice", [line]))
        #expect(good.upstream?.contains("alice@example.com") == true)
        #expect(await harness.send(.get("/app", bearer: "bad.expired", [line])).status == 401)
    }

    @Test(
        "what changes something must come from a page of this site (D26)",
        arguments: [
            ([], false), (["Origin: https://evil.example"], false), (["Origin: null"], false),
            (["Origin: https://mcp.example.evil"], false), (["Origin: http://mcp.example"], false),
            (["Sec-Fetch-Site: cross-site"], false), (["Sec-Fetch-Site: same-site"], false),
            (["Sec-Fetch-Site: none"], false),
            (["Origin: https://evil.example", "Sec-Fetch-Site: same-origin"], false),
            (["Referer: https://mcp.example/"], false), (["Origin: https://mcp.example"], true),
            (["Origin: https://mcp.example", "Sec-Fetch-Site: same-origin"], true),
            (["Sec-Fetch-Site: same-origin"], true),
        ] as [([String], Bool)])
    func unsafeMethods(_ fields: [String], isAllowed: Bool) async throws {
        let line = try cookie()
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let outcome = await harness.send(page([line] + fields, method: method))
            #expect(outcome.isForwarded == isAllowed, "\(method)")
            if !isAllowed { #expect(outcome.status == 403) }
        }
        #expect(await harness.send(page([line] + fields)).isForwarded, "looking is safe")
        let socket = await harness.send(page([line, "Connection: Upgrade", "Upgrade: websocket"] + fields))
        #expect(socket.isForwarded == isAllowed, "a WebSocket is not")
    }

    @Test("a session of a provider that is configured otherwise by now, or not at all, is none (D24)")
    func otherRegistration() async throws {
        for registration in ["", "idp https://other.example/ cli-1", "idp https://login.example/ cli-2"] {
            let line = try cookie(registration: registration)
            #expect(await harness.send(page([line] + navigation)).status == 302, "\(registration)")
        }
        #expect(await harness.send(page([try cookie("stranger")] + navigation)).status == 302)
    }

    @Test("policy holds for people as for programs: 403, and no way round by signing in again")
    func policy() async throws {
        let outcome = await harness.send(page([try cookie("entra")] + navigation))

        #expect(outcome.status == 403 && outcome.field("Location") == nil)
    }

    @Test("a Cookie field that stands twice, or a cookie that does, is no session")
    func ambiguous() async throws {
        let (one, two) = (try cookie(), try cookie("bob"))
        #expect(await harness.send(page([one, two])).upstream?.contains("X-MS-CLIENT-PRINCIPAL-NAME") != true)
        #expect(await harness.send(page([one + "; " + two.dropFirst(8)] + navigation)).status == 302)
    }

    @Test("the operator's path for signing out is the gate's, wherever it lies")
    func logoutEndpoint() async {
        #expect(await harness.send(page([], target: "/bye")).plan?.destination == .control)
        #expect(await harness.send(page([], target: "/bye/x")).status == 401)
    }
}
