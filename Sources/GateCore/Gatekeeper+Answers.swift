// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateHTTP
import GateIdentity
import GateMCP
import GateOAuth
import GateObserve
import GateTime

extension Gatekeeper {
    package func refuse(_ refusal: HTTPRefusal, on connection: ConnectionFacts) -> LocalResponse {
        metrics.requestsInFlight.increment()
        let id = RequestID.make()
        let exchange = Exchange(
            requestID: id, trace: .make(for: id), receivedAt: clock.now, startedAt: ContinuousClock.now, method: "",
            path: "", remoteAddress: connection.remoteAddress, allowedOrigin: nil)
        let snapshot = snapshot
        let isAboutToken = refusal == .credentialTooLarge
        let resource = snapshot.onlyResource ?? (isAboutToken ? snapshot.resources.first : nil)
        // A token that no head has room for is a bad token (defence D2).
        let rejection: Rejection =
            isAboutToken ? .tokenInvalid(.malformed) : .wireRefused(refusal)
        var response = response(rejection, exchange, resource, .head, nil)
        response.closesConnection = true
        finished(exchange, status: response.status, answerBytes: response.body.count)
        return response
    }

    /// RESPOND: what is added to, and taken from, the upstream's answer head.
    package func answered(_ head: ResponseHead, _ bytes: Span<UInt8>, for plan: ForwardPlan) -> ResponseEdits {
        learnSession(head, bytes, plan)
        var lines: [UInt8] = []
        lines.reserveCapacity(128)
        lines.append(ascii: "X-Request-Id: ")
        plan.exchange.requestID.append(to: &lines)
        lines.append(ascii: "\r\n")
        var edits = ResponseEdits()
        if plan.destination != .control { edits.removedCookies = plan.ownCookies }
        if let origin = plan.exchange.allowedOrigin {
            edits.dropsAccessControl = true
            CORSPolicy.appendAnswerLines(origin: origin, to: &lines)
        }
        if let protection = plan.protection {
            // Whoever asks for the same with another token must not get this answer (RFC 9111 §3.5; requirement TRM-10).
            edits.dropsChallenges = true
            if head.first(.cacheControl) == nil { lines.append(ascii: "Cache-Control: no-store\r\n") }
            lines.append(
                ascii: protection.isMCP ? "Vary: Authorization\r\n" : "Vary: Authorization, Cookie\r\n")
        }
        edits.appendedLines = lines
        return edits
    }

    /// Whose the session is that the answer is about.
    private func learnSession(_ head: ResponseHead, _ bytes: Span<UInt8>, _ plan: ForwardPlan) {
        guard let protection = plan.protection, protection.isMCP else { return }
        let now = plan.exchange.receivedAt
        if let field = head.first(.mcpSessionID) {
            sessions.bind(bytes.array(at: field.value), to: protection.owner, at: now)
        }
        guard let use = protection.session else { return }
        let owner = protection.owner
        if head.status == 404 || (use.isEnding && (200..<300).contains(head.status)) {
            sessions.forget(use.id.span)
        } else if (200..<300).contains(head.status),
            sessions.standing(of: use.id.span, for: owner, at: now) == .unknown
        {
            sessions.bind(use.id, to: owner, at: now)
        }
    }

    package func failed(_ failure: UpstreamFailure, for plan: ForwardPlan) -> LocalResponse {
        switch failure {
        case .unreachable: metrics.upstreamFailed(.unreachable)
        case .timedOut: metrics.upstreamFailed(.timeout)
        case .protocolViolation: metrics.upstreamFailed(.protocol)
        case .overloaded: metrics.upstreamFailed(.overloaded)
        case .requestBodyTooLarge, .requestBodyBroken, .bodiesFull:
            return response(
                .upstreamFailed(failure), plan.exchange, nil, .authorize, plan.protection?.admittance)
        }
        return response(.upstreamFailed(failure), plan.exchange, nil, .forward, plan.protection?.admittance)
    }

    package func finished(_ exchange: Exchange, status: Int, answerBytes: Int) {
        metrics.requestsInFlight.decrement()
        if exchange.decision == nil {
            // The client left before its message was complete: nothing was forwarded, and that is on record, too.
            decide(exchange, .denied, "abandoned", .authorize, status)
        }
        guard let decision = exchange.decision else { return }
        metrics.requestFinished(
            outcome: decision.outcome, phase: decision.phase, status: status,
            duration: ContinuousClock.now - exchange.startedAt)
    }

    func refuse(
        _ rejection: Rejection, _ target: Target, _ phase: Phase, _ admittance: Admittance? = nil
    ) -> Admission {
        .answer(response(rejection, target.exchange, target.resource, phase, admittance), target.exchange)
    }

    func answer(
        _ rejection: Rejection, _ exchange: Exchange, _ resource: ProtectedResource?, _ phase: Phase
    ) -> Admission {
        .answer(response(rejection, exchange, resource, phase, nil), exchange)
    }

    /// Records a refusal and renders it.
    func response(
        _ rejection: Rejection, _ exchange: Exchange, _ resource: ProtectedResource?, _ phase: Phase,
        _ admittance: Admittance?
    ) -> LocalResponse {
        decide(exchange, rejection.outcome, rejection.reason, phase, rejection.status, admittance)
        return RejectionResponse(
            rejection: rejection, resource: resource, phase: phase, traceID: exchange.trace.traceID,
            requestID: exchange.requestID.hex, allowedOrigin: exchange.allowedOrigin
        ).make()
    }

    /// Records that a request may go on, or was answered as it asked.
    ///
    /// - Parameter status: 0 while the upstream's is not known.
    func permit(
        _ exchange: Exchange, reason: String, _ admittance: Admittance?, _ phase: Phase, status: Int = 0,
        messages: [MCPRequestSummary] = []
    ) {
        decide(exchange, .permitted, reason, phase, status, admittance, messages)
    }

    /// Notes the decision, and records it if it is the exchange's first: there is one audit event for each, however it goes on.
    private func decide(
        _ exchange: Exchange, _ outcome: AuditEvent.Outcome, _ reason: String, _ phase: Phase, _ status: Int,
        _ admittance: Admittance? = nil, _ messages: [MCPRequestSummary] = []
    ) {
        guard exchange.decided(outcome, in: phase) else { return }
        let methods =
            messages.count > 1
            ? messages.prefix(8).map { Self.clipped($0.method) ?? "response" }.joined(separator: ",")
            : messages.isEmpty ? nil : Self.clipped(messages[0].method)
        audit.record(
            AuditEvent(
                time: exchange.receivedAt, requestID: exchange.requestID, trace: exchange.trace,
                outcome: outcome, reason: reason, phase: phase.rawValue, method: exchange.method, path: exchange.path,
                status: status, remoteAddress: exchange.remoteAddress,
                caller: admittance?.caller,
                mcpMethod: methods, mcpTarget: messages.isEmpty ? nil : Self.clipped(messages[0].target)))
    }

    /// What a caller names must not fill the log.
    private static func clipped(_ text: String?) -> String? {
        guard let text, text.utf8.count > 256 else { return text }
        return String(decoding: text.utf8.prefix(256), as: UTF8.self)
    }
}
