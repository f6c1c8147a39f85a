// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateJSON
import GateMCP
import GateOAuth
import GateObserve

extension Gatekeeper {
    /// AUTHORIZE: what policy said of this token, then what the request itself may be.
    func authorize(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target, _ admittance: Admittance
    ) -> Admission {
        switch admittance.outcome {
        case .refused(let rejection): refuse(rejection, target, .authorize, admittance)
        case .permitted: admit(head, bytes, request, target, admittance)
        }
    }

    /// AUTHORIZE, for whoever may come in: an MCP request must be of a kind that the gate can read.
    ///
    /// - Parameter admittance: nil for a request that needs no credential and has none.
    func admit(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target, _ admittance: Admittance?
    ) -> Admission {
        if let rejection = ambiguousName(head) { return refuse(rejection, target, .head, admittance) }
        guard target.isMCP else { return forward(head, bytes, request, target, admittance, nil) }
        if let rejection = shapeRejection(head, bytes) { return refuse(rejection, target, .authorize, admittance) }

        guard let field = head.first(.mcpSessionID) else {
            return forward(head, bytes, request, target, admittance, nil)
        }
        let id = bytes.extracting(field.value)
        guard Self.isSessionID(id) else { return refuse(.sessionMalformed, target, .authorize, admittance) }
        switch sessions.standing(of: id, for: admittance?.owner ?? .anonymous, at: request.now) {
        case .foreign: return refuse(.sessionNotOwned, target, .authorize, admittance)
        case .own where head.method != .delete: return forward(head, bytes, request, target, admittance, nil)
        case .own, .unknown:
            let use = SessionUse(id: bytes.array(at: field.value), isEnding: head.method == .delete)
            return forward(head, bytes, request, target, admittance, use)
        }
    }

    /// Visible ASCII (MCP transports, "Session Management"; requirement SES-03).
    private static func isSessionID(_ id: Span<UInt8>) -> Bool {
        guard !id.isEmpty, id.count <= 1_024 else { return false }
        for i in 0..<id.count where id[i] <= 0x20 || id[i] >= 0x7F { return false }
        return true
    }

    /// An MCP message is plain JSON in a POST: what we cannot read, or what might be read otherwise behind us, we do not forward.
    private func shapeRejection(_ head: RequestHead, _ bytes: Span<UInt8>) -> Rejection? {
        switch head.method {
        case .post: isPlainJSON(head, bytes) ? nil : .mediaTypeUnsupported
        case .get, .head, .delete, .options: head.framing == .none ? nil : .bodyUnexpected
        case .put, .patch, .connect, .trace, .other: .methodNotAllowed(allowed: "GET, POST, DELETE, OPTIONS")
        }
    }

    /// `application/json`, in UTF-8 if it says so, without content coding.
    private func isPlainJSON(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        if head.first(.contentEncoding) != nil { return false }
        // Without a body there is nothing to read otherwise; the inspection refuses it.
        guard let field = head.first(.contentType) else { return head.framing == .none }
        var end = field.value.lowerBound
        while end < field.value.upperBound, bytes[end] != UInt8(ascii: ";"), bytes[end] != UInt8(ascii: " ") {
            end += 1
        }
        guard bytes.equalsIgnoringCase("application/json", at: field.value.lowerBound..<end) else { return false }
        guard end < field.value.upperBound else { return true }
        var parameters: [UInt8] = []
        for i in end..<field.value.upperBound where bytes[i] != UInt8(ascii: " ") && bytes[i] != UInt8(ascii: "\t") {
            parameters.append(bytes[i] &- 0x41 < 26 ? bytes[i] | 0x20 : bytes[i])
        }
        return ["", ";", ";charset=utf-8", ";charset=\"utf-8\""].contains { parameters.elementsEqual($0.utf8) }
    }

    /// AUTHORIZE, second half: every message of the body, and the fields that mirror it.
    package func inspect(_ body: Span<UInt8>, for plan: ForwardPlan) -> LocalResponse? {
        guard let protection = plan.protection, let mirror = protection.mirror else { return nil }
        var messages: [MCPRequestSummary] = []
        do throws(JSONRPCRefusal) {
            // How long it may be was settled before it was collected.
            messages = try JSONRPCInspection.inspect(
                body: body, allowsBatch: mirror.allowsBatch,
                limits: JSONLimits(bytes: max(body.count, 1), depth: JSONRPCInspection.defaultLimits.depth))
            try mirror.agree(with: messages)
        } catch {
            let id = messages.count == 1 ? messages[0].id : nil
            return response(
                .messageAmbiguous(error, id: id), plan.exchange, protection.resource, .authorize,
                protection.admittance)
        }
        let reason = protection.admittance?.reason ?? "anonymous"
        permit(plan.exchange, reason: reason, protection.admittance, .authorize, messages: messages)
        return nil
    }
}

/// An MCP session that the gate does not know yet, or that the request ends: the upstream's answer tells.
struct SessionUse: Sendable {
    let id: [UInt8]
    let isEnding: Bool
}
