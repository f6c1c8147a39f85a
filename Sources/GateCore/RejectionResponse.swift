// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateHTTP
import GateIdentity
import GateMCP
import GateOAuth
import GateObserve
import GatePolicy

/// Renders a rejection as HTTP: status, challenge and problem document (RFC 9457); the one place where this happens.
struct RejectionResponse {
    let rejection: Rejection
    /// Nil where no resource is concerned: a head that could not be read, an unknown host.
    let resource: ProtectedResource?
    let phase: Phase
    let traceID: String
    let requestID: String
    let allowedOrigin: String?

    func make() -> LocalResponse {
        var response = LocalResponse(status: rejection.status)
        switch rejection {
        case .signInRequired(let location), .secureConnectionRequired(let location):
            response.fields.append(("Location", location))
        default: (response.body, response.fields) = body
        }
        response.fields.append(("Cache-Control", "no-store"))
        response.fields.append(("X-Content-Type-Options", "nosniff"))
        response.fields.append(("X-Request-Id", requestID))
        if let challenge { response.fields.append(("WWW-Authenticate", challenge)) }
        response.fields += special
        response.fields += CORSPolicy.answerFields(origin: allowedOrigin)
        response.closesConnection = closes
        return response
    }

    private var challenge: String? {
        if case .tokenInvalid(let reason) = rejection, let resource { return resource.refusal(reason) }
        return uncommonChallenge?.fieldValue
    }

    private var uncommonChallenge: BearerChallenge? {
        let severalCredentials = "more than one credential was sent"
        guard let resource else {
            guard case .wireRefused(.credentialRepeated) = rejection else { return nil }
            return BearerChallenge(error: .invalidRequest, errorDescription: severalCredentials)
        }
        switch rejection {
        case .credentialsMissing: return resource.challenge()
        case .credentialsRepeated, .wireRefused(.credentialRepeated):
            return resource.challenge(.invalidRequest, severalCredentials)
        case .tokenInQuery:
            return resource.challenge(.invalidRequest, "a token must not be sent in the query")
        case .scopeInsufficient(let scope):
            return resource.challenge(.insufficientScope, "more scope is needed", scope: scope)
        default: return nil
        }
    }

    private var special: [(name: String, value: String)] {
        switch rejection {
        case .methodNotAllowed(let allowed): [("Allow", allowed)]
        case .wireRefused(.methodRefused): [("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")]
        case .dependencyUnavailable(let failure):
            [("Retry-After", String(max(1, failure.retryAfter.components.seconds)))]
        case .upstreamFailed(.overloaded), .upstreamFailed(.bodiesFull): [("Retry-After", "1")]
        default: []
        }
    }

    private var closes: Bool {
        switch rejection {
        case .wireRefused, .hostNotAllowed, .connectionInsecure: true
        case .upstreamFailed(.requestBodyBroken), .upstreamFailed(.requestBodyTooLarge), .bodyTooLarge: true
        default: false
        }
    }

    private var body: ([UInt8], [(name: String, value: String)]) {
        switch rejection {
        case .messageAmbiguous(let refusal, let id):
            let json = JSONRPCErrorBody.make(code: refusal.code, message: refusal.message, id: id)
            return (json, [("Content-Type", "application/json")])
        case .sessionNotOwned:
            let json = JSONRPCErrorBody.make(code: -32_600, message: "Session not found")
            return (json, [("Content-Type", "application/json")])
        default:
            let problem = ProblemDetails(
                kind: kind, title: title, status: rejection.status, detail: detail, traceID: traceID,
                phase: phase.rawValue)
            return (problem.json, [("Content-Type", ProblemDetails.mediaType)])
        }
    }

    private var kind: String { texts.kind }
    private var title: String { texts.title }
    private var detail: String? { texts.detail }

    private var texts: (kind: String, title: String, detail: String?) {
        switch rejection {
        case .credentialsMissing, .forbiddenUnauthenticated, .signInRequired, .tokenInQuery:
            ("credentials-required", "Sign-in is required", "Present a bearer token issued for this resource.")
        case .tokenInvalid(let reason): ("invalid-token", "The token is not accepted", reason.description)
        case .credentialsRepeated, .wireRefused(.credentialRepeated):
            ("malformed-request", "More than one credential", "Send one Authorization field: Bearer <token>.")
        case .scopeInsufficient:
            ("insufficient-scope", "More scope is needed", "The challenge names the scope to ask for.")
        case .denied(let denial):
            switch denial.kind {
            case .client:
                ("client-not-allowed", "This application is not allowed", "Ask the operator to list the client.")
            case .principal: ("principal-not-allowed", "You are not allowed here", nil)
            case .tenant: ("tenant-not-allowed", "This tenant is not allowed", nil)
            case .claims: ("denied", "This is not allowed", nil)
            }
        case .originNotAllowed: ("origin", "This page's origin is not allowed", "Ask the operator to list the origin.")
        case .hostNotAllowed:
            ("misdirected", "This host name is not served here", "Ask the operator to list the host.")
        case .routeUnknown, .hiddenUnauthenticated: ("not-found", "Nothing is here", nil)
        case .methodNotAllowed: ("method", "This method is not allowed here", nil)
        case .mediaTypeUnsupported:
            ("media-type", "Send application/json", "An MCP message is a JSON document without content coding.")
        case .bodyTooLarge: ("body-too-large", "The message is too large", nil)
        case .bodyUnexpected: ("malformed-request", "This method has no body here", "Send MCP messages by POST.")
        case .connectionInsecure, .secureConnectionRequired:
            ("https-required", "Use HTTPS", "Credentials must not travel over a connection that anyone can read.")
        case .messageAmbiguous, .sessionNotOwned: ("ambiguous-message", "The message is ambiguous", nil)
        case .sessionMalformed:
            ("malformed-request", "Mcp-Session-Id is malformed", "Visible ASCII only, without spaces.")
        case .wireRefused: ("malformed-request", "The request is not valid HTTP", nil)
        case .dependencyUnavailable:
            (
                "temporarily-unavailable", "Tokens cannot be checked now",
                "The identity provider does not answer. Try again."
            )
        case .upstreamFailed(let failure): Self.texts(failure)
        }
    }

    private static func texts(_ failure: UpstreamFailure) -> (kind: String, title: String, detail: String?) {
        switch failure {
        case .unreachable: ("upstream-unreachable", "The server behind the gate does not answer", nil)
        case .timedOut: ("upstream-timeout", "The server behind the gate took too long", nil)
        case .protocolViolation: ("upstream-protocol", "The server behind the gate answered with broken HTTP", nil)
        case .overloaded: ("overloaded", "Too many requests are waiting", nil)
        case .bodiesFull: ("overloaded", "Too many messages are being read", nil)
        case .requestBodyBroken: ("malformed-request", "The request body is not valid HTTP or did not arrive", nil)
        case .requestBodyTooLarge: ("body-too-large", "The message is too large", nil)
        }
    }
}
