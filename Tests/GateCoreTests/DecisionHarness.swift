// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateOAuth
import GateObserve
import GatePolicy
import GateTestKit
import GateTime
import Synchronization
import Testing

/// A gate with scripted validators, asked with real octets, whose every answer and audit event can be looked at.
///
/// It protects `https://mcp.example/mcp` (MCP, scope `mcp.read`) and, not declared, the rest of the site.
struct DecisionHarness {
    let gate: Gatekeeper
    let audit = DecisionRecord()
    let clock = FixedClock()
    let check: ScriptedCheck
    let metrics = GatewayMetrics()
    let configuration: GatewaySnapshot.Configuration

    init(
        _ edit: (inout GatewaySnapshot.Configuration) throws -> Void = { _ in },
        resources edited: (inout [ProtectedResource.Configuration]) -> Void = { _ in }
    ) throws {
        check = ScriptedCheck()
        let validators = ValidatorChain(
            jwt: [], remote: [RemoteTokenValidator(check, .init(), clock: DecisionClock(clock: clock))])
        var resources = [
            ProtectedResource.Configuration(
                path: "/mcp", identifier: ResourceIndicator("https://mcp.example/mcp"), scopes: ["mcp.read"],
                requiredScopes: ["mcp.read"], name: "Example", validators: validators),
            ProtectedResource.Configuration(
                path: "/", identifier: ResourceIndicator("https://mcp.example"), isMCP: false, isImplied: true,
                validators: validators),
        ]
        edited(&resources)
        var configuration = GatewaySnapshot.Configuration(
            publicURL: try HTTPURL("https://mcp.example"), resources: resources)
        configuration.issuers = [IssuerURL("https://login.example/")]
        configuration.policies = [ScriptedCheck.id: EasyAuthPolicy(), .entra: EasyAuthPolicy()]
        try edit(&configuration)
        self.configuration = configuration
        gate = Gatekeeper(
            snapshot: GatewaySnapshot(configuration), clock: clock, audit: audit, metrics: metrics)
    }

    /// What became of a request.
    enum Outcome {
        case answered(LocalResponse)
        /// - Parameter upstream: the head that the upstream receives.
        case forwarded(ForwardPlan, upstream: String)
        /// The scanner refused the head.
        case refused(LocalResponse)
    }

    static let peer = ConnectionFacts(
        remoteAddress: "192.0.2.7", localAddress: "198.51.100.1", isTLS: true, isHTTP2: false)

    /// Asks the gate, lets it inspect the body if it wants to, and ends the exchange.
    func send(_ request: TestRequest, on connection: ConnectionFacts = peer) async -> Outcome {
        let octets = Array(request.head.utf8)
        var scanner = RequestHeadScanner()
        var head = RequestHead()
        switch scanner.scan(octets.span, into: &head) {
        case .incomplete: return .refused(LocalResponse(status: 0))
        case .refused(let refusal): return .refused(gate.refuse(refusal, on: connection))
        case .complete: break
        }
        switch await gate.admit(head, octets.span, on: connection).value {
        case .answer(let response, let exchange):
            gate.finished(exchange, status: response.status, answerBytes: response.body.count)
            return .answered(response)
        case .forward(let plan):
            if plan.inspectsBodyUpTo != nil {
                let body = Array(request.body.utf8)
                if let response = gate.inspect(body.span, for: plan) {
                    gate.finished(plan.exchange, status: response.status, answerBytes: response.body.count)
                    return .answered(response)
                }
            }
            var written: [UInt8] = []
            RequestHeadWriter.write(head, octets.span, plan.edits, into: &written)
            return .forwarded(plan, upstream: String(decoding: written, as: UTF8.self))
        }
    }

    /// The upstream's answer to a forwarded request, as the client gets it.
    func answer(_ plan: ForwardPlan, _ status: Int = 200, _ fields: [String] = []) -> String {
        let text = (["HTTP/1.1 \(status) X"] + fields + ["Content-Length: 0"]).joined(separator: "\r\n") + "\r\n\r\n"
        let octets = Array(text.utf8)
        var scanner = ResponseHeadScanner()
        var head = ResponseHead()
        guard case .complete = scanner.scan(octets.span, answering: .post, into: &head) else { return "" }
        let edits = gate.answered(head, octets.span, for: plan)
        var written: [UInt8] = []
        ResponseHeadWriter.write(head, octets.span, edits, framing: .length(0), keepsAlive: true, into: &written)
        gate.finished(plan.exchange, status: status, answerBytes: 0)
        return String(decoding: written, as: UTF8.self)
    }
}

/// A request by its parts; without a word it is an MCP message with Alice's token.
struct TestRequest {
    var method = "POST"
    var target = "/mcp"
    var host: String? = "mcp.example"
    var authorization: String? = "Bearer alice"
    var fields: [String] = []
    var contentType: String? = "application/json"
    var body = #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#
    var version = "HTTP/1.1"

    static let message = TestRequest()

    static func get(_ target: String = "/mcp", bearer: String? = "alice", _ fields: [String] = []) -> TestRequest {
        TestRequest(
            method: "GET", target: target, authorization: bearer.map { "Bearer \($0)" }, fields: fields,
            contentType: nil, body: "")
    }

    static func post(
        _ target: String = "/mcp", bearer: String? = "alice", _ fields: [String] = [], body: String? = nil
    ) -> TestRequest {
        var request = TestRequest(target: target, authorization: bearer.map { "Bearer \($0)" }, fields: fields)
        if let body { request.body = body }
        return request
    }

    var head: String {
        var lines = ["\(method) \(target) \(version)"]
        if let host { lines.append("Host: \(host)") }
        if let authorization { lines.append("Authorization: \(authorization)") }
        if let contentType { lines.append("Content-Type: \(contentType)") }
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        return (lines + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }
}

extension DecisionHarness.Outcome {
    var status: Int? {
        switch self {
        case .answered(let response), .refused(let response): response.status
        case .forwarded: nil
        }
    }

    var isForwarded: Bool { upstream != nil }

    var response: LocalResponse? {
        switch self {
        case .answered(let response), .refused(let response): response
        case .forwarded: nil
        }
    }

    var plan: ForwardPlan? {
        guard case .forwarded(let plan, _) = self else { return nil }
        return plan
    }

    var upstream: String? {
        guard case .forwarded(_, let upstream) = self else { return nil }
        return upstream
    }

    /// The only value of an answer's field.
    func field(_ name: String) -> String? {
        let values = response?.fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) ?? []
        return values.count == 1 ? values[0] : nil
    }

    func fieldCount(_ name: String) -> Int {
        response?.fields.count { $0.name.lowercased() == name.lowercased() } ?? 0
    }

    var body: String { String(decoding: response?.body ?? [], as: UTF8.self) }

    /// The one challenge of the answer.
    var challenge: AuthenticationChallenge? {
        guard let value = field("WWW-Authenticate"), let all = try? AuthenticationChallenge.parse(value),
            all.count == 1
        else { return nil }
        return all[0]
    }
}

/// Keeps every audit event.
final class DecisionRecord: AuditSink {
    private let kept = Mutex<[AuditEvent]>([])

    func record(_ event: borrowing AuditEvent) {
        let event = copy event
        kept.withLock { $0.append(event) }
    }

    var events: [AuditEvent] { kept.withLock { $0 } }
}

/// Says of a token what the token's text asks for.
final class ScriptedCheck: RemoteTokenCheck {
    static let id = ProviderID("idp")

    private let count = Mutex(0)
    /// How often somebody asked.
    var askedCount: Int { count.withLock { $0 } }

    var provider: ProviderID { Self.id }
    func recognition(of token: BearerToken) -> TokenRecognition { .own }
    func asksAbout(jwtIssuer: String) -> Bool { true }

    static let rejections: [String: TokenRejection] = [
        "malformed": .malformed, "signature": .signature, "algorithm": .algorithm, "key_unknown": .keyUnknown,
        "issuer": .issuer, "audience": .audience, "expired": .expired, "not_yet_valid": .notYetValid,
        "revoked": .revoked, "claims": .claims, "type": .tokenType,
    ]

    func verdict(on token: BearerToken, at now: Instant) async -> TokenVerdict {
        count.withLock { $0 += 1 }
        let text = String(decoding: token.bytes, as: UTF8.self)
        if text == "down" {
            return .unavailable(
                DependencyFailure(.introspection, provider: provider, detail: "refused", retryAfter: .seconds(7)))
        }
        if text.hasPrefix("bad."), let rejection = Self.rejections[String(text.dropFirst(4))] {
            return .rejected(rejection)
        }
        return .accepted(
            ValidatedToken(
                principal: Self.principal(text), validUntil: now + .seconds(600), validity: .unconditional))
    }

    /// `alice`, `bob`, …, then `.client`, then `.scope+scope`.
    static func principal(_ text: String) -> Principal {
        let parts = text.split(separator: ".", maxSplits: 2).map(String.init)
        let scope = parts.count > 2 ? parts[2].split(separator: "+").map(String.init) : ["mcp.read"]
        return Principal(
            provider: parts[0] == "entra" ? .entra : parts[0] == "stranger" ? ProviderID("unlisted") : id,
            issuer: IssuerURL("https://login.example/"), subject: parts[0],
            clientID: ClientID(parts.count > 1 ? parts[1] : "cli-1"), name: "\(parts[0])@example.com",
            scope: Scope(tokens: scope),
            claims: [.init(type: "sub", value: parts[0]), .init(type: "scope", value: scope.joined(separator: " "))])
    }
}

struct DecisionClock: IdentityClock {
    let clock: FixedClock
    var elapsed: Duration { .seconds(1_000) }
    var wall: Instant { clock.now }
    func sleep(for duration: Duration) async throws { try await ContinuousClock().sleep(for: duration) }
}
