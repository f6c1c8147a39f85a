// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateHTTP
import GateIdentity
import GateMCP
import GateOAuth
import GateObserve
import GateTime

extension Gatekeeper {
    /// AUTHORIZE, second half: every message of the body, and the fields that mirror it.
    package func inspect(_ body: Span<UInt8>, for plan: ForwardPlan) -> LocalResponse? {
        guard let message = plan.message else { return nil }
        do throws(JSONRPCRefusal) {
            // Without the field, revision 2025-03-26 is assumed, which has batches (requirement TRL-05).
            let allowsBatch = message.fields.revision?.allowsBatch ?? (message.fields.protocolVersion == nil)
            let messages = try JSONRPCInspection.inspect(body: body, allowsBatch: allowsBatch)
            try message.fields.agree(with: messages)
            permit(
                plan.exchange, reason: message.admittance == nil ? "anonymous" : "bearer", message.admittance,
                .authorize,
                message: messages.first)
            return nil
        } catch {
            return response(
                .messageAmbiguous(error, id: nil), plan.exchange, message.resource, .authorize, message.admittance)
        }
    }

    package func refuse(_ refusal: HTTPRefusal, on connection: ConnectionFacts) -> LocalResponse {
        let id = RequestID.make()
        let exchange = Exchange(
            requestID: id, trace: .make(for: id), startedAt: ContinuousClock.now, method: "", path: "",
            remoteAddress: connection.remoteAddress, allowedOrigin: nil)
        metrics.requestsInFlight.increment()
        var response: LocalResponse
        if refusal == .credentialTooLarge {
            response = self.response(.tokenInvalid(.malformed), exchange, snapshot.resources.first, .head, nil)
            response.closesConnection = true
        } else {
            response = self.response(.wireRefused(refusal), exchange, nil, .head, nil)
        }
        finished(exchange, status: response.status, answerBytes: response.body.count)
        return response
    }

    /// RESPOND: what is added to, and taken from, the upstream's answer head.
    package func answered(_ head: ResponseHead, _ bytes: Span<UInt8>, for plan: ForwardPlan) -> ResponseEdits {
        if let owner = plan.owner, let field = head.first(.mcpSessionID) {
            sessions.bind(bytes.array(at: field.value), to: owner)
        }
        var edits = ResponseEdits(removedCookies: plan.destination == .control ? [] : plan.ownCookies)
        var lines: [UInt8] = []
        lines.append(ascii: "X-Request-Id: ")
        plan.exchange.requestID.append(to: &lines)
        lines.append(ascii: "\r\n")
        if let origin = plan.exchange.allowedOrigin {
            edits.dropsAccessControl = true
            CORSPolicy.appendAnswerLines(origin: origin, to: &lines)
        }
        if plan.isProtected {
            // Whoever asks for the same with another token must not get this answer (RFC 9111 §3.5; requirement TRM-10).
            edits.dropsChallenges = true
            if head.first(.cacheControl) == nil { lines.append(ascii: "Cache-Control: no-store\r\n") }
            lines.append(ascii: "Vary: Authorization\r\n")
        }
        edits.appendedLines = lines
        return edits
    }

    package func failed(_ failure: UpstreamFailure, for plan: ForwardPlan) -> LocalResponse {
        let reason: GatewayMetrics.UpstreamFailureReason? =
            switch failure {
            case .unreachable: .unreachable
            case .timedOut: .timeout
            case .protocolViolation: .protocol
            case .overloaded: .overloaded
            case .requestBodyBroken, .requestBodyTooLarge: nil
            }
        if let reason { metrics.upstreamFailed(reason) }
        switch failure {
        case .requestBodyTooLarge, .requestBodyBroken:
            guard plan.inspectsBodyUpTo != nil else {
                // Recorded when the head was admitted; the body was not part of the decision.
                plan.exchange.decided(.denied, in: .forward)
                return render(.upstreamFailed(failure), plan.exchange, nil, .forward)
            }
            return response(.upstreamFailed(failure), plan.exchange, nil, .authorize, plan.message?.admittance)
        default:
            // The decision was recorded already; this only says how forwarding went.
            plan.exchange.decided(.unavailable, in: .forward)
            return render(.upstreamFailed(failure), plan.exchange, nil, .forward)
        }
    }

    package func finished(_ exchange: Exchange, status: Int, answerBytes: Int) {
        metrics.requestsInFlight.decrement()
        let decision = exchange.decision
        metrics.requestFinished(
            outcome: decision.outcome, phase: decision.phase, status: status,
            duration: ContinuousClock.now - exchange.startedAt)
    }

    func refuse(_ rejection: Rejection, _ target: Target, _ phase: Phase, _ admittance: Admittance? = nil) -> Admission
    {
        .answer(response(rejection, target.exchange, target.resource, phase, admittance), target.exchange)
    }

    func answer(_ rejection: Rejection, _ exchange: Exchange, _ resource: ProtectedResource?, _ phase: Phase)
        -> Admission
    {
        .answer(response(rejection, exchange, resource, phase, nil), exchange)
    }

    /// Records a refusal and renders it.
    func response(
        _ rejection: Rejection, _ exchange: Exchange, _ resource: ProtectedResource?, _ phase: Phase,
        _ admittance: Admittance?
    ) -> LocalResponse {
        let outcome: AuditEvent.Outcome = rejection.status >= 500 && rejection.status != 505 ? .unavailable : .denied
        exchange.decided(outcome, in: phase)
        record(exchange, outcome, rejection.reason, phase, rejection.status, admittance, nil)
        return render(rejection, exchange, resource, phase)
    }

    private func render(
        _ rejection: Rejection, _ exchange: Exchange, _ resource: ProtectedResource?, _ phase: Phase
    ) -> LocalResponse {
        RejectionResponse(
            rejection: rejection, resource: resource, phase: phase, traceID: exchange.trace.traceID,
            requestID: exchange.requestID.hex, allowedOrigin: exchange.allowedOrigin
        ).make()
    }

    /// Records that a request may go on.
    func permit(
        _ exchange: Exchange, reason: String, _ admittance: Admittance?, _ phase: Phase,
        message: MCPRequestSummary? = nil
    ) {
        exchange.decided(.permitted, in: phase)
        record(exchange, .permitted, reason, phase, 0, admittance, message)
    }

    private func record(
        _ exchange: Exchange, _ outcome: AuditEvent.Outcome, _ reason: String, _ phase: Phase, _ status: Int,
        _ admittance: Admittance?, _ message: MCPRequestSummary?
    ) {
        let principal = admittance?.principal
        audit.record(
            AuditEvent(
                time: clock.now, requestID: exchange.requestID.hex, traceID: exchange.trace.traceID, outcome: outcome,
                reason: reason, phase: phase.rawValue, method: exchange.method, path: exchange.path, status: status,
                remoteAddress: exchange.remoteAddress, provider: principal?.provider.rawValue,
                issuer: principal?.issuer.rawValue, subject: principal?.subject, client: principal?.clientID?.rawValue,
                mcpMethod: message?.method, mcpTarget: message?.target))
    }
}
