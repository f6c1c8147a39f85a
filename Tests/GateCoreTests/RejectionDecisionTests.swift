// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

@testable import GateCore
import GateHTTP
import GateIdentity
import GateMCP
import GateOAuth
import GateObserve
import GatePolicy
import GateTestKit
import GateTime
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The error taxonomy as clients see it: one golden text for each rejection (`GATEHOUSE_RECORD=1` renews them).
@Suite struct RejectionDecisionTests {
    static let rejections: [(String, Rejection)] = [
        ("credentials-missing", .credentialsMissing),
        ("token-malformed", .tokenInvalid(.malformed)), ("token-signature", .tokenInvalid(.signature)),
        ("token-algorithm", .tokenInvalid(.algorithm)), ("token-key-unknown", .tokenInvalid(.keyUnknown)),
        ("token-issuer", .tokenInvalid(.issuer)), ("token-audience", .tokenInvalid(.audience)),
        ("token-expired", .tokenInvalid(.expired)), ("token-not-yet-valid", .tokenInvalid(.notYetValid)),
        ("token-revoked", .tokenInvalid(.revoked)), ("token-claims", .tokenInvalid(.claims)),
        ("token-type", .tokenInvalid(.tokenType)),
        ("two-credentials", .credentialsRepeated), ("token-in-query", .tokenInQuery),
        ("scope-insufficient", .scopeInsufficient(["mcp.read", "mcp.write"])),
        ("client-not-allowed", .denied(Denial(rule: "allowedApplications", kind: .client))),
        ("principal-not-allowed", .denied(Denial(rule: "allowedPrincipals", kind: .principal))),
        ("tenant-not-allowed", .denied(Denial(rule: "allowedTenants", kind: .tenant))),
        ("claims-not-enough", .denied(Denial(rule: "allowedPrincipals.groups:overage", kind: .claims))),
        ("origin-not-allowed", .originNotAllowed), ("host-not-allowed", .hostNotAllowed),
        ("route-unknown", .routeUnknown), ("method-not-allowed", .methodNotAllowed(allowed: "GET, POST")),
        ("media-type-unsupported", .mediaTypeUnsupported), ("body-too-large", .bodyTooLarge),
        ("body-unexpected", .bodyUnexpected),
        ("message-malformed", .messageAmbiguous(.malformed, id: nil)),
        ("message-not-jsonrpc", .messageAmbiguous(.notJSONRPC, id: nil)),
        ("message-case-variant", .messageAmbiguous(.caseVariant, id: nil)),
        ("message-batch", .messageAmbiguous(.batchNotAllowed, id: nil)),
        ("message-fields", .messageAmbiguous(.fieldMismatch, id: Array("7".utf8))),
        ("session-not-owned", .sessionNotOwned), ("session-malformed", .sessionMalformed),
        ("connection-insecure", .connectionInsecure),
        ("secure-connection-required", .secureConnectionRequired(location: "https://mcp.example/x")),
        ("forbidden-unauthenticated", .forbiddenUnauthenticated), ("hidden-unauthenticated", .hiddenUnauthenticated),
        ("sign-in-required", .signInRequired(location: "/.auth/login/aad?post_login_redirect_uri=%2F")),
        (
            "dependency-unavailable",
            .dependencyUnavailable(
                DependencyFailure(.keys, provider: .entra, detail: "connect: refused", retryAfter: .milliseconds(500)))
        ),
        ("wire-host-missing", .wireRefused(.hostMissing)), ("wire-method", .wireRefused(.methodRefused)),
        ("wire-head-too-large", .wireRefused(.headTooLarge)),
        ("wire-two-credentials", .wireRefused(.credentialRepeated)), ("wire-timed-out", .wireRefused(.timedOut)),
        ("upstream-unreachable", .upstreamFailed(.unreachable)), ("upstream-timeout", .upstreamFailed(.timedOut)),
        ("upstream-protocol", .upstreamFailed(.protocolViolation)),
        ("upstream-overloaded", .upstreamFailed(.overloaded)),
        ("upstream-body-broken", .upstreamFailed(.requestBodyBroken(.chunkMalformed))),
        ("upstream-body-late", .upstreamFailed(.requestBodyBroken(.timedOut))),
        ("upstream-body-too-large", .upstreamFailed(.requestBodyTooLarge)),
    ]

    private static func render(_ rejection: Rejection) throws -> String {
        let harness = try DecisionHarness()
        let response = RejectionResponse(
            rejection: rejection, resource: harness.gate.snapshot.onlyResource, phase: .authorize,
            traceID: "4bf92f3577b34da6a3ce929d0e0e4736", requestID: "0af7651916cd43dd8448eb211c80319c",
            allowedOrigin: nil
        ).make()
        let fields = response.fields.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
        return "\(response.status)\(response.closesConnection ? " closes" : "") reason=\(rejection.reason)\n"
            + "\(fields)\n\n\(String(decoding: response.body, as: UTF8.self))\n"
    }

    @Test("each rejection looks as it always did", arguments: rejections.map(\.0))
    func golden(name: String) throws {
        let rejection = try #require(Self.rejections.first { $0.0 == name }?.1)
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
        let rendered = try Self.render(rejection)
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] != nil {
            try Data(rendered.utf8).write(to: file)
        }

        #expect(rendered == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test("no rejection says more than its kind: no key, no address, no token (RS-17)", arguments: rejections.map(\.0))
    func discretion(name: String) throws {
        let rejection = try #require(Self.rejections.first { $0.0 == name }?.1)
        let rendered = try Self.render(rejection)

        #expect(!rendered.contains("refused"))
        #expect(!rendered.contains("allowedApplications\","))
        #expect(!rendered.contains("kid"))
        #expect(rendered.components(separatedBy: "WWW-Authenticate").count <= 2)
    }

    @Test("the status is of the taxonomy, and only 401 and 403 for scope, and 400 for credentials, challenge")
    func challengesOnlyWhereUseful() throws {
        for (_, rejection) in Self.rejections {
            let isChallenged = try Self.render(rejection).contains("\nWWW-Authenticate: Bearer ")
            switch rejection {
            case .credentialsMissing, .tokenInvalid, .credentialsRepeated, .tokenInQuery, .scopeInsufficient,
                .wireRefused(.credentialRepeated):
                #expect(isChallenged)
            default: #expect(!isChallenged)
            }
        }
    }

    @Test(
        "an upstream that fails is 502, 503 or 504, on top of the one audit event of the decision",
        arguments: [
            (UpstreamFailure.unreachable, 502), (.timedOut, 504), (.protocolViolation, 502), (.overloaded, 503),
        ])
    func upstreamFailure(failure: UpstreamFailure, status: Int) async throws {
        let harness = try DecisionHarness()
        let plan = try #require(await harness.send(.message).plan)

        let response = harness.gate.failed(failure, for: plan)
        harness.gate.finished(plan.exchange, status: response.status, answerBytes: response.body.count)

        #expect(response.status == status)
        #expect(harness.audit.events.map(\.outcome) == [.permitted])
    }

    @Test("a message that is too large or broken is refused before anything was permitted")
    func bodyFailure() async throws {
        let harness = try DecisionHarness()
        let octets = Array(TestRequest.message.head.utf8)
        var scanner = RequestHeadScanner()
        var head = RequestHead()
        _ = scanner.scan(octets.span, into: &head)
        guard case .forward(let plan) = await harness.gate.admit(head, octets.span, on: DecisionHarness.peer).value
        else {
            Issue.record("not forwarded")
            return
        }

        let response = harness.gate.failed(.requestBodyTooLarge, for: plan)

        #expect(response.status == 413)
        #expect(response.closesConnection)
        #expect(harness.audit.events.map(\.reason) == ["upstream:limit"])
        #expect(harness.audit.events.map(\.outcome) == [.denied])
    }

    @Test("a problem document has a type, the trace and the phase (RFC 9457)")
    func problemDocument() async throws {
        let harness = try DecisionHarness()

        let outcome = await harness.send(
            .post(bearer: nil, ["traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]))

        #expect(outcome.field("Content-Type") == "application/problem+json")
        #expect(outcome.body.contains(#""status":401"#))
        #expect(outcome.body.contains(#""instance":"urn:trace:4bf92f3577b34da6a3ce929d0e0e4736""#))
        #expect(outcome.body.contains(#""phase":"authenticate""#))
        #expect(outcome.field("X-Request-Id") == harness.audit.events.first?.requestID)
    }
}
