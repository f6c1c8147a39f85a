// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateOAuth
import GateObserve
import GatePolicy
import Testing

/// AUTHORIZE by policy and scope: requirements SCP-01 to SCP-09, RS-16.
@Suite struct PolicyDecisionTests {
    @Test("principals of a provider without a policy may nothing")
    func noPolicy() async throws {
        let harness = try DecisionHarness { $0.policies = [:] }

        #expect(await harness.send(.message).status == 403)
        #expect(harness.audit.events.map(\.reason) == ["policy:none"])
    }

    @Test("a verdict is made once for a token, refusals included")
    func decidedOnce() async throws {
        let harness = try DecisionHarness { $0.policies = [:] }

        for _ in 0..<3 { #expect(await harness.send(.message).status == 403) }

        #expect(harness.check.askedCount == 1)
    }

    // MARK: without credentials

    @Test(
        "unauthenticatedClientAction decides about programs",
        arguments: [
            (UnauthenticatedAction.return401, 401), (.return403, 403), (.return404, 404), (.redirectToLoginPage, 401),
        ])
    func actionForPrograms(action: UnauthenticatedAction, status: Int) async throws {
        let harness = try DecisionHarness {
            $0.unauthenticatedAction = action
            $0.signInPath = "/.auth/login/aad"
        }

        #expect(await harness.send(.post(bearer: nil)).status == status)
        #expect(await harness.send(.get("/api", bearer: nil, ["Accept: application/json"])).status == status)
        #expect(await harness.send(.get("/", bearer: nil, ["Sec-Fetch-Mode: cors"])).status == status)
        // A bad token is 401 whatever happens to those without (RS-16).
        #expect(await harness.send(.post(bearer: "bad.expired")).status == 401)
    }

    @Test(
        "a person's browser is sent to the sign-in page and back",
        arguments: [
            ["Sec-Fetch-Mode: navigate"], ["Accept: text/html,application/xhtml+xml,*/*;q=0.8"],
        ])
    func redirect(fields: [String]) async throws {
        let harness = try DecisionHarness {
            $0.unauthenticatedAction = .redirectToLoginPage
            $0.signInPath = "/.auth/login/aad"
        }

        let outcome = await harness.send(.get("/reports/2026?q=a b&c".replacing(" ", with: "%20"), bearer: nil, fields))

        #expect(outcome.status == 302)
        #expect(
            outcome.field("Location")
                == "/.auth/login/aad?post_login_redirect_uri=%2Freports%2F2026%3Fq%3Da%2520b%26c")
        #expect(outcome.field("Cache-Control") == "no-store")
        // Not at the MCP endpoint, not for a method that is not safe, and not with a bad token.
        #expect(await harness.send(.get(bearer: nil, fields)).status == 401)
        #expect(await harness.send(.post("/form", bearer: nil, fields)).status == 401)
        #expect(await harness.send(.get("/reports", bearer: "bad.expired", fields)).status == 401)
    }

    @Test("without a provider to redirect to there is a challenge")
    func redirectNowhere() async throws {
        let harness = try DecisionHarness { $0.unauthenticatedAction = .redirectToLoginPage }

        #expect(await harness.send(.get("/x", bearer: nil, ["Sec-Fetch-Mode: navigate"])).status == 401)
    }

    @Test(
        "AllowAnonymous does not pass a bad token, nor one that policy refuses (CVE-2022-29226)",
        arguments: [
            ("bad.signature", 401), ("bad.expired", 401), ("down", 503), ("alice.cli-1.other", 403),
        ])
    func anonymousButBad(token: String, status: Int) async throws {
        let harness = try DecisionHarness { $0.unauthenticatedAction = .allowAnonymous }

        #expect(await harness.send(.post(bearer: token)).status == status)
        #expect(await harness.send(.get("/x?access_token=alice", bearer: nil)).status == 401)
    }

    @Test("AllowAnonymous with a good token passes with identity")
    func anonymousButGood() async throws {
        let harness = try DecisionHarness { $0.unauthenticatedAction = .allowAnonymous }

        #expect(await harness.send(.message).upstream?.contains("X-MS-CLIENT-PRINCIPAL-ID: alice\r\n") == true)
    }
}
