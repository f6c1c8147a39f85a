// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

@testable import GateCore
import GateHTTP
import GateIdentity
import GateJSON
import GateOAuth
import GateObserve
import GateTestKit
import Testing

/// ENRICH: what the upstream learns, and from whom (defences D13, D14, D16, D19).
@Suite struct EnrichmentDecisionTests {
    private static func values(_ upstream: String, _ name: String) -> [String] {
        upstream.split(separator: "\r\n").filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { String($0.dropFirst(name.count + 1)).trimmed }
    }

    @Test("the upstream learns who calls (Easy Auth, X-MS-CLIENT-PRINCIPAL)")
    func identity() async throws {
        let harness = try DecisionHarness()

        let upstream = try #require(await harness.send(.message).upstream)

        #expect(Self.values(upstream, "X-MS-CLIENT-PRINCIPAL-ID") == ["alice"])
        #expect(Self.values(upstream, "X-MS-CLIENT-PRINCIPAL-NAME") == ["alice@example.com"])
        #expect(Self.values(upstream, "X-MS-CLIENT-PRINCIPAL-IDP") == ["idp"])
        let document = try #require(Self.values(upstream, "X-MS-CLIENT-PRINCIPAL").first)
        let octets = try #require(Base64.decode(document))
        #expect(
            String(decoding: octets, as: UTF8.self)
                == #"{"auth_typ":"idp","claims":[{"typ":"sub","val":"alice"},{"typ":"scope","val":"mcp.read"}],"#
                + #""name_typ":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name","#
                + #""role_typ":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}"#)
    }

    @Test("Entra's object id is the principal's id, and its claims get their long names")
    func entraIdentity() throws {
        var principal = ScriptedCheck.principal("entra")
        principal.objectID = "oid-1"

        let lines = String(decoding: IdentityHeaders.lines(for: principal, naming: .legacy), as: UTF8.self)

        #expect(lines.contains("X-MS-CLIENT-PRINCIPAL-ID: oid-1\r\n"))
        #expect(lines.contains("X-MS-CLIENT-PRINCIPAL-IDP: aad\r\n"))
        let document = String(
            decoding: IdentityHeaders.claimsDocument(principal, naming: .legacy), as: UTF8.self)
        #expect(document.contains(#"{"typ":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier","#))
        #expect(document.contains(#""name_typ":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress""#))
    }

    static let spoofedNames = [
        "X-MS-CLIENT-PRINCIPAL", "x-ms-client-principal-id", "X-Ms-Client-Principal-Name", "X-MS-CLIENT-PRINCIPAL-IDP",
        "X-MS-TOKEN-AAD-ACCESS-TOKEN", "x-ms-anything", "X-MS--CLIENT-PRINCIPAL", "X--MS-CLIENT-PRINCIPAL",
        "HTTP-X-MS-CLIENT-PRINCIPAL", "X-MS-CLIENT.PRINCIPAL", "X.MS.CLIENT.PRINCIPAL", "X~MS-CLIENT-PRINCIPAL-ID",
        "x!ms!client-principal-id", "-X-MS-CLIENT-PRINCIPAL-ID",
    ]

    @Test("no spelling of an identity field gets through from a client (D13, CVE-2025-64484)", arguments: spoofedNames)
    func spoofed(name: String) async throws {
        let harness = try DecisionHarness { $0.excludedPaths = ["/open"] }
        let lines = ["\(name): rO0t", "\(name): rO0t", "Connection: \(name), X-MS-CLIENT-PRINCIPAL-ID"]

        for request in [TestRequest.post("/mcp", lines), .get("/open", bearer: nil, lines), .get("/.auth/me", lines)] {
            let upstream = try #require(await harness.send(request).upstream)
            #expect(!upstream.contains("rO0t"))
            if request.target == "/mcp" {
                #expect(Self.values(upstream, "X-MS-CLIENT-PRINCIPAL-ID") == ["alice"])
            }
        }
    }

    @Test(
        "a name with an underscore is refused, since some servers take it for a hyphen (CVE-2025-64484)",
        arguments: [
            "X_MS_CLIENT_PRINCIPAL", "X-MS_CLIENT-PRINCIPAL-ID", "x_forwarded_for",
        ])
    func underscore(name: String) async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.post(["\(name): root"])).status == 400)
    }

    @Test(
        "a claim never becomes a second line or an unprintable one (D19)",
        arguments: [
            ("alice\r\nX-Injected: 1", "alice%0D%0AX-Injected: 1"), ("a\nb", "a%0Ab"), ("a\u{0}", "a%00"),
            ("李", "%E6%9D%8E"), ("Zoë", "Zo%C3%AB"), ("a\u{2028}b", "a%E2%80%A8b"), ("\u{1B}[31m", "%1B[31m"),
            ("100%", "100%25"), (" a b ", "%20a b%20"), ("a\tb", "a%09b"), ("plain@example.com", "plain@example.com"),
        ])
    func claimText(text: String, field: String) throws {
        var principal = ScriptedCheck.principal("alice")
        principal.subject = text
        principal.name = text
        principal.claims.append(.init(type: text, value: text))

        let lines = String(decoding: IdentityHeaders.lines(for: principal, naming: .legacy), as: UTF8.self)

        #expect(lines.contains("X-MS-CLIENT-PRINCIPAL-ID: \(field)\r\n"))
        #expect(lines.contains("X-MS-CLIENT-PRINCIPAL-NAME: \(field)\r\n"))
        #expect(lines.components.count == 4)
        #expect(lines.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x0D || $0 == 0x0A })
    }

    @Test("what is too long is left out whole (D19)")
    func longClaims() throws {
        var principal = ScriptedCheck.principal("alice")
        principal.subject = String(repeating: "a", count: 30_000)
        principal.claims.append(.init(type: "x", value: principal.subject))

        let lines = String(decoding: IdentityHeaders.lines(for: principal, naming: .legacy), as: UTF8.self)

        #expect(
            lines.components.map { $0.prefix { $0 != ":" } } == [
                "X-MS-CLIENT-PRINCIPAL-NAME", "X-MS-CLIENT-PRINCIPAL-IDP",
            ])
    }

    @Test("a stranger's forwarding fields are replaced by ours (D16)")
    func strangersForwarding() async throws {
        let harness = try DecisionHarness()
        let lies = [
            "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: evil.example",
            "Forwarded: for=10.0.0.1", "X-Real-IP: 10.0.0.1", "X-Forwarded-Port: 1", "X-Forwarded-Prefix: /evil",
            "X-Original-URL: /evil", "X-Client-IP: 10.0.0.1", "True-Client-IP: 10.0.0.1",
        ]

        let upstream = try #require(await harness.send(.post(lies)).upstream)

        #expect(Self.values(upstream, "X-Forwarded-For") == ["192.0.2.7"])
        #expect(Self.values(upstream, "X-Forwarded-Proto") == ["https"])
        #expect(Self.values(upstream, "X-Forwarded-Host") == ["mcp.example"])
        #expect(!upstream.contains("10.0.0.1"))
        #expect(!upstream.contains("evil"))
        #expect(harness.audit.events.map(\.remoteAddress) == ["192.0.2.7"])
    }

    @Test(
        "a listed proxy is believed about the client's address, as far as it can know (D16)",
        arguments: [
            ("203.0.113.5", "203.0.113.5"), ("6.6.6.6, 203.0.113.5", "203.0.113.5"),
            ("6.6.6.6, 203.0.113.5, 10.9.9.9", "203.0.113.5"), ("10.9.9.9", "10.9.9.9"),
            ("unknown", "10.1.1.1"), ("203.0.113.5, junk", "10.1.1.1"), ("2001:db8::5", "2001:db8::5"),
        ])
    func trustedProxy(field: String, client: String) async throws {
        let harness = try DecisionHarness { $0.trustedProxies = [IPNetwork("10.0.0.0/8")].compactMap { $0 } }
        let proxy = ConnectionFacts(remoteAddress: "10.1.1.1", isTLS: false, isHTTP2: false)

        let upstream = try #require(await harness.send(.post(["X-Forwarded-For: \(field)"]), on: proxy).upstream)

        #expect(Self.values(upstream, "X-Forwarded-For") == [client])
        #expect(harness.audit.events.map(\.remoteAddress) == [client])
    }

    @Test("a trace is continued, and begun where there is none that is sound")
    func tracing() async throws {
        let harness = try DecisionHarness()
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

        let continued = try #require(
            await harness.send(.post(["traceparent: 00-\(trace)-00f067aa0ba902b7-01", "X-Request-Id: theirs"])).upstream
        )
        let begun = try #require(await harness.send(.post(["traceparent: 00-zz"])).upstream)

        let parent = try #require(Self.values(continued, "traceparent").first)
        #expect(parent.hasPrefix("00-\(trace)-"))
        #expect(!parent.contains("00f067aa0ba902b7"))
        #expect(parent.hasSuffix("-01"))
        #expect(harness.audit.events[0].trace.traceID == trace)
        #expect(Self.values(begun, "traceparent").first?.utf8.count == 55)
        #expect(Self.values(continued, "X-Request-Id") == [harness.audit.events[0].requestID.hex])
    }

    @Test("the gate's cookies do not reach an upstream, but the control plane (D27)")
    func cookies() async throws {
        let harness = try DecisionHarness()
        let fields = ["Cookie: a=1; AppServiceAuthSession=secret; AppServiceAuthSession1=more; b=2"]

        let upstream = try #require(await harness.send(.post(fields)).upstream)
        let control = try #require(await harness.send(.get("/.auth/me", fields)).upstream)

        #expect(Self.values(upstream, "Cookie") == ["a=1; b=2"])
        #expect(control.contains("AppServiceAuthSession=secret"))
    }

    @Test(
        "only a WebSocket may be switched to, never h2c (D14)",
        arguments: [
            ("websocket", true), ("WebSocket", true), ("h2c", false), ("websocket, h2c", false), ("TLS/1.0", false),
        ])
    func upgrades(token: String, passes: Bool) async throws {
        let harness = try DecisionHarness()
        let fields = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: \(token)", "HTTP2-Settings: AAMAAABk"]

        let upstream = try #require(await harness.send(.get("/ws", fields)).upstream)

        #expect(Self.values(upstream, "Upgrade") == (passes ? [token] : []))
        #expect(Self.values(upstream, "HTTP2-Settings").isEmpty)
    }

    @Test("an upstream's own path and host are put in place")
    func upstreamBase() async throws {
        let harness = try DecisionHarness {
            $0.upstreamHosts = ["inner:3000"]
            $0.upstreamPaths = ["/base"]
        }

        let upstream = try #require(await harness.send(.get("/mcp?x=1")).upstream)

        #expect(upstream.hasPrefix("GET /base/mcp?x=1 HTTP/1.1\r\nHost: inner:3000\r\n"))
        #expect(Self.values(upstream, "Host") == ["inner:3000"])
    }

    @Test("only a safe request without a body may be sent a second time")
    func retries() async throws {
        let harness = try DecisionHarness()

        #expect(await harness.send(.get()).plan?.isRetryable == true)
        #expect(await harness.send(.message).plan?.isRetryable == false)
        var delete = TestRequest.get()
        delete.method = "DELETE"
        #expect(await harness.send(delete).plan?.isRetryable == false)
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
    /// Complete lines.
    fileprivate var components: [Substring] { split(separator: "\r\n") }
}
