// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateMCP
import GateOAuth
import GateObserve

extension Gatekeeper {
    /// ENRICH: the request as it goes on, with who calls.
    func forward(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target, _ admittance: Admittance?,
        _ session: SessionUse?
    ) -> Admission {
        var protection = Protection(resource: target.resource, isMCP: target.isMCP, admittance: admittance)
        if target.isMCP, head.method == .post { protection.mirror = mirror(head, bytes) }
        protection.session = session
        let plan = plan(
            head, bytes, request, target.exchange, to: .upstream(target.resource.configuration.upstream),
            rewritten: target.rewritten, admittance: admittance, protection: protection)
        // A body that must be read first is decided on, and recorded, by `inspect`.
        if plan.inspectsBodyUpTo == nil {
            permit(target.exchange, reason: admittance?.reason ?? "anonymous", admittance, .authorize)
        }
        return .forward(plan)
    }

    private func mirror(_ head: RequestHead, _ bytes: Span<UInt8>) -> MCPHeaders {
        func text(_ id: FieldID) -> String? { head.first(id).map { bytes.text(at: $0.value) } }
        return MCPHeaders(protocolVersion: text(.mcpProtocolVersion), method: text(.mcpMethod), name: text(.mcpName))
    }

    /// What is the same for everything that is forwarded, protected or not.
    func plan(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ exchange: Exchange,
        to destination: ForwardPlan.Destination, rewritten: NormalizedPath?, admittance: Admittance? = nil,
        protection: Protection? = nil
    ) -> ForwardPlan {
        let snapshot = request.snapshot
        var lines: [UInt8] = []
        lines.reserveCapacity(320 + (admittance?.identityLines.count ?? 0))
        if let admittance { lines.append(contentsOf: admittance.identityLines) }
        snapshot.forwarding.append(client: exchange.remoteAddress, to: &lines)
        lines.append(ascii: "traceparent: ")
        exchange.trace.appendTraceparent(to: &lines)
        lines.append(ascii: "\r\nX-Request-Id: ")
        exchange.requestID.append(to: &lines)
        lines.append(ascii: "\r\n")

        var edits = RequestEdits(path: rewritten?.bytes, appendedLines: lines)
        edits.forwardsAuthorization = snapshot.configuration.forwardsAuthorization
        if case .upstream(let index) = destination {
            // The control plane reads the gate's own cookies; an upstream never sees them (defence D27).
            edits.removedCookies = snapshot.configuration.cookieNames
            edits.allowsUpgrade = isWebSocket(head, bytes)
            if index < snapshot.upstreamHosts.count { edits.host = snapshot.upstreamHosts[index] }
            if index < snapshot.upstreamPaths.count, !snapshot.upstreamPaths[index].isEmpty {
                edits.path = snapshot.upstreamPaths[index] + (rewritten?.bytes ?? bytes.array(at: head.pathRange))
            }
        }
        if edits.host == nil, head.first(.host) == nil {
            edits.host = Array(snapshot.configuration.publicURL.authority.utf8)
        }
        let isIdempotent = head.method == .get || head.method == .head || head.method == .options
        return ForwardPlan(
            destination: destination, upstreamGeneration: snapshot.configuration.upstreamGeneration, edits: edits,
            inspectsBodyUpTo: protection?.mirror == nil ? nil : snapshot.configuration.inspectedBodyBytes,
            endsAt: admittance?.endsAt, isRetryable: isIdempotent && head.framing == .none, exchange: exchange,
            ownCookies: snapshot.configuration.cookieNames, protection: protection)
    }

    /// The one protocol that may be switched to: to any other, `h2c` above all, requests would pass unseen (defence D14).
    private func isWebSocket(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        guard head.requestsUpgrade, head.count(.upgrade) == 1, let upgrade = head.first(.upgrade) else { return false }
        return bytes.equalsIgnoringCase("websocket", at: upgrade.value)
    }
}
