// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateMCP
import GateOAuth
import GateObserve

extension Gatekeeper {
    /// ENRICH: the request as it goes on, with who calls.
    func forward(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target, _ admittance: Admittance
    ) -> Admission {
        let plan = plan(
            head, bytes, request, target.exchange, to: .upstream(target.resource.configuration.upstream),
            rewritten: target.rewritten, admittance: admittance, isMCP: target.isMCP, resource: target.resource)
        // A body that must be read first is decided on, and recorded, by `inspect`.
        if plan.inspectsBodyUpTo == nil { permit(target.exchange, reason: "bearer", admittance, .authorize) }
        return .forward(plan)
    }

    func plan(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ exchange: Exchange,
        to destination: ForwardPlan.Destination, rewritten: NormalizedPath?, admittance: Admittance?,
        isMCP: Bool = false,
        resource: ProtectedResource? = nil
    ) -> ForwardPlan {
        let configuration = request.snapshot.configuration
        var lines: [UInt8] = []
        lines.reserveCapacity(512 + (admittance?.identityLines.count ?? 0))
        if let admittance { lines.append(contentsOf: admittance.identityLines) }
        request.snapshot.forwarding.append(client: exchange.remoteAddress, to: &lines)
        lines.append(ascii: "traceparent: ")
        exchange.trace.appendTraceparent(to: &lines)
        lines.append(ascii: "\r\nX-Request-Id: ")
        exchange.requestID.append(to: &lines)
        lines.append(ascii: "\r\n")

        var edits = RequestEdits(path: rewritten?.bytes, appendedLines: lines)
        edits.forwardsAuthorization = configuration.forwardsAuthorization
        // The control plane reads the gate's own cookies; an upstream never sees them (defence D27).
        if destination != .control { edits.removedCookies = configuration.cookieNames }
        edits.allowsUpgrade = destination != .control && isWebSocket(head, bytes)
        if case .upstream(let index) = destination, index < request.snapshot.upstreamHosts.count {
            edits.host = request.snapshot.upstreamHosts[index]
        }
        if edits.host == nil, head.first(.host) == nil { edits.host = Array(configuration.publicURL.authority.utf8) }

        let isIdempotent = head.method == .get || head.method == .head || head.method == .options
        var inspection: MessageFields?
        if isMCP, head.method == .post {
            func text(_ id: FieldID) -> String? { head.first(id).map { bytes.text(at: $0.value) } }
            inspection = MessageFields(
                fields: MCPHeaders(
                    protocolVersion: text(.mcpProtocolVersion), method: text(.mcpMethod), name: text(.mcpName)),
                admittance: admittance, resource: resource)
        }
        return ForwardPlan(
            destination: destination, edits: edits,
            inspectsBodyUpTo: inspection == nil ? nil : configuration.inspectedBodyBytes,
            endsAt: admittance?.validUntil, isRetryable: isIdempotent && head.framing == .none, exchange: exchange,
            message: inspection, isProtected: resource != nil, ownCookies: configuration.cookieNames,
            owner: admittance?.owner)
    }

    /// The one protocol that may be switched to (RFC 6455 §4.1); never `h2c` or another spelling of HTTP (defence D14).
    private func isWebSocket(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        guard head.requestsUpgrade, head.method == .get, let upgrade = head.first(.upgrade) else { return false }
        return bytes.equalsIgnoringCase("websocket", at: upgrade.value)
    }
}
