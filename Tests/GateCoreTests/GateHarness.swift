// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateMCP
import GateCore
import GateHTTP
import GateIdentity
import GateJOSE
import GateJSON
import GateOAuth
import GateObserve
import GatePolicy
import GateTestKit
import GateTime
import Logging
import Testing

/// A gatekeeper without sockets: one issuer with known keys, a clock that stands still, an audit log in memory.
///
/// ```swift
/// let gate = try GateHarness()
/// let seen = await gate.ask("POST /mcp", bearer: try gate.token())
/// #expect(seen.isForwarded)
/// ```
/// It asks the way the data plane does, and expects exactly one audit event of every request.
struct GateHarness {
    /// A protected resource in short.
    struct Place {
        var path = "/mcp"
        var isMCP = true
        var scopes: Scope = ["mcp.read"]
        var required: Scope = []
        var isImplied = false
        /// Nil: the mint's issuer with static keys, for this resource alone.
        var provider: ProviderConfiguration?
    }

    static let origin = "https://mcp.example"
    static let peer = "203.0.113.9"
    static let listTools = #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#
    static let provider = ProviderID("custom")

    let clock = FixedClock()
    let audit = RecordingAudit()
    let metrics = GatewayMetrics()
    let fetcher = ScriptedFetcher()
    let mint: TokenMint
    let keeper: Gatekeeper

    init(
        _ places: [Place] = [Place()], policy: EasyAuthPolicy = EasyAuthPolicy(),
        _ adjust: (inout GatewaySnapshot.Configuration) -> Void = { _ in }
    ) throws {
        mint = try TokenMint()
        let snapshot = try Self.snapshot(places, policy: policy, mint: mint, fetcher: fetcher, adjust)
        keeper = Gatekeeper(snapshot: snapshot, clock: clock, audit: audit, metrics: metrics)
    }

    static func snapshot(
        _ places: [Place] = [Place()], policy: EasyAuthPolicy = EasyAuthPolicy(), mint: TokenMint,
        fetcher: ScriptedFetcher = ScriptedFetcher(), _ adjust: (inout GatewaySnapshot.Configuration) -> Void = { _ in }
    ) throws -> GatewaySnapshot {
        let identity = IdentityService(
            fetcher: fetcher, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let chains = try identity.makeChains(for: places.map { [$0.provider ?? staticKeys(mint, at: $0.path)] })
        var configuration = GatewaySnapshot.Configuration(
            publicURL: try HTTPURL(origin),
            resources: zip(places, chains).map { place, chain in
                ProtectedResource.Configuration(
                    path: place.path, identifier: ResourceIndicator(identifier(of: place.path)),
                    isMCP: place.isMCP, scopes: place.scopes, requiredScopes: place.required,
                    isImplied: place.isImplied, validators: chain)
            })
        configuration.issuers = [IssuerURL(mint.issuer)]
        configuration.policies = [provider: policy, .entra: policy]
        adjust(&configuration)
        return GatewaySnapshot(configuration)
    }

    static func identifier(of path: String) -> String { path == "/" ? origin : origin + path }

    static func staticKeys(_ mint: TokenMint, at path: String = "/mcp") -> ProviderConfiguration {
        .openIDConnect(
            OpenIDConnectConfiguration(
                provider: provider, issuer: IssuerURL(mint.issuer), keyDocument: mint.keySet(),
                audiences: [identifier(of: path)]))
    }

    func token(_ claims: [String: JSONValue?] = [:], type: String? = "at+jwt", signer: JWSSigner? = nil) throws
        -> String
    {
        try mint.token(at: clock.now, claims: claims, type: type, signer: signer)
    }

    /// Sends a request of one line, such as `POST /mcp`, with a fitting `Host` and, for a POST, a JSON body.
    func ask(
        _ line: String, bearer: String? = nil, _ fields: String..., host: String = "mcp.example",
        from peer: String = peer, body: String? = nil, _ location: SourceLocation = #_sourceLocation
    ) async -> Seen {
        await ask(line, bearer: bearer, fields: fields, host: host, from: peer, body: body, location)
    }

    func ask(
        _ line: String, bearer: String? = nil, fields: [String], host: String = "mcp.example",
        from peer: String = peer, body: String? = nil, _ location: SourceLocation = #_sourceLocation
    ) async -> Seen {
        var lines = ["\(line) HTTP/1.1", "Host: \(host)"]
        if let bearer { lines.append("Authorization: Bearer \(bearer)") }
        var body = body
        if line.hasPrefix("POST ") {
            body = body ?? Self.listTools
            let names = fields.map { $0.prefix { $0 != ":" }.lowercased() }
            if !names.contains("content-type") { lines.append("Content-Type: application/json") }
        }
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        lines += fields
        return await ask(raw: lines.joined(separator: "\r\n") + "\r\n\r\n", from: peer, body: body ?? "", location)
    }

    /// Sends a head as it stands.
    func ask(
        raw text: String, from peer: String = peer, body: String = "", _ location: SourceLocation = #_sourceLocation
    ) async -> Seen {
        let before = audit.events.count
        var seen = await judge(Array(text.utf8), Array(body.utf8), peer)
        let recorded = audit.events.dropFirst(before)
        #expect(recorded.count == 1, "each request is one audit event: \(recorded)", sourceLocation: location)
        seen.event = recorded.last
        return seen
    }

    /// The plan for a request without a body so far, as the data plane has it before it reads one.
    func plan(_ line: String, bearer: String) throws -> ForwardPlan {
        let text =
            "\(line) HTTP/1.1\r\nHost: mcp.example\r\nAuthorization: Bearer \(bearer)\r\n"
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        let octets = Array(text.utf8)
        var scanner = RequestHeadScanner()
        var head = RequestHead()
        #expect(scanner.scan(octets.span, into: &head) == .complete)
        let connection = ConnectionFacts(remoteAddress: Self.peer, isTLS: true, isHTTP2: false)
        guard case .ready(.forward(let plan)) = keeper.admit(head, octets.span, on: connection) else {
            throw HTTPRefusal.targetMalformed
        }
        return plan
    }

    /// What the client receives of an upstream's answer.
    func respond(_ text: String, to seen: Seen) throws -> String {
        let octets = Array((text + "\r\n\r\n").utf8)
        let plan = try #require(seen.plan)
        var head = ResponseHead()
        var scanner = ResponseHeadScanner()
        #expect(scanner.scan(octets.span, answering: .post, into: &head) == .complete)
        var written: [UInt8] = []
        ResponseHeadWriter.write(
            head, octets.span, keeper.answered(head, octets.span, for: plan), framing: head.framing, keepsAlive: true,
            into: &written)
        return String(decoding: written, as: UTF8.self)
    }

    private func judge(_ octets: [UInt8], _ body: [UInt8], _ peer: String) async -> Seen {
        let connection = ConnectionFacts(remoteAddress: peer, isTLS: true, isHTTP2: false)
        var scanner = RequestHeadScanner()
        var head = RequestHead()
        switch scanner.scan(octets.span, into: &head) {
        case .incomplete: return Seen()
        case .refused(let refusal): return Seen(local: keeper.refuse(refusal, on: connection))
        case .complete: break
        }
        let eventual = keeper.admit(head, octets.span, on: connection)
        switch await eventual.value {
        case .answer(let response, let exchange):
            keeper.finished(exchange, status: response.status, answerBytes: response.body.count)
            return Seen(local: response)
        case .forward(let plan):
            if plan.inspectsBodyUpTo != nil, let refusal = keeper.inspect(body.span, for: plan) {
                keeper.finished(plan.exchange, status: refusal.status, answerBytes: refusal.body.count)
                return Seen(local: refusal)
            }
            var written: [UInt8] = []
            RequestHeadWriter.write(head, octets.span, plan.edits, into: &written)
            keeper.finished(plan.exchange, status: 200, answerBytes: 0)
            return Seen(plan: plan, upstream: String(decoding: written, as: UTF8.self))
        }
    }
}
