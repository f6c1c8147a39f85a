// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateHTTP
package import GateIdentity
package import GateMCP
package import GateOAuth
import GateObserve
package import GatePolicy

/// Why the gate refuses, before any HTTP: the closed list that ``RejectionResponse`` renders.
package enum Rejection: Sendable, Hashable {
    /// Nothing was presented, or a scheme that we do not accept.
    case credentialsMissing
    case tokenInvalid(TokenRejection)
    /// More than one credential (RFC 6750 §3.1).
    case credentialsRepeated
    /// A token in the query and none where it belongs (RFC 6750 §2.3, which MCP forbids; requirement RS-10).
    case tokenInQuery
    /// What the token must hold: held and needed together.
    case scopeInsufficient(Scope)
    case denied(Denial)
    case originNotAllowed
    case hostNotAllowed
    case routeUnknown
    case methodNotAllowed(allowed: String)
    case mediaTypeUnsupported
    case bodyTooLarge
    /// - Parameter id: the JSON-RPC request's id, as far as it is known.
    case messageAmbiguous(JSONRPCRefusal, id: [UInt8]?)
    /// A GET or DELETE with a body, which nobody inspects.
    case bodyUnexpected
    /// Somebody else's MCP session, answered like an unknown one.
    case sessionNotOwned
    case sessionMalformed
    /// `requireHttps`, and not a page that could be sent to the public URL.
    case connectionInsecure
    /// `requireHttps`, for a person's browser.
    case secureConnectionRequired(location: String)
    case wireRefused(HTTPRefusal)
    /// `unauthenticatedClientAction: Return403` or `Return404`.
    case forbiddenUnauthenticated
    case hiddenUnauthenticated
    /// `unauthenticatedClientAction: RedirectToLoginPage`, for a person's browser.
    case signInRequired(location: String)
    case dependencyUnavailable(DependencyFailure)
    case upstreamFailed(UpstreamFailure)
}

extension Rejection {
    /// The HTTP status (the taxonomy in the architecture, §2.7).
    package var status: Int {
        switch self {
        case .credentialsMissing, .tokenInvalid, .tokenInQuery: 401
        case .credentialsRepeated, .messageAmbiguous, .sessionMalformed, .bodyUnexpected: 400
        case .scopeInsufficient, .denied, .originNotAllowed, .forbiddenUnauthenticated, .connectionInsecure: 403
        case .hostNotAllowed: 421
        case .routeUnknown, .sessionNotOwned, .hiddenUnauthenticated: 404
        case .methodNotAllowed: 405
        case .mediaTypeUnsupported: 415
        case .bodyTooLarge: 413
        case .wireRefused(let refusal): refusal.status
        case .signInRequired: 302
        case .secureConnectionRequired: 308
        case .dependencyUnavailable: 503
        case .upstreamFailed(let failure):
            switch failure {
            case .timedOut: 504
            case .overloaded, .bodiesFull: 503
            case .requestBodyBroken(let refusal): refusal.status
            case .requestBodyTooLarge: 413
            case .unreachable, .protocolViolation: 502
            }
        }
    }

    /// Whether it was the client's doing, or the want of something that the decision or its answer depends on.
    var outcome: AuditEvent.Outcome {
        switch self {
        case .dependencyUnavailable: .unavailable
        case .upstreamFailed(.requestBodyBroken), .upstreamFailed(.requestBodyTooLarge): .denied
        case .upstreamFailed: .unavailable
        default: .denied
        }
    }

    /// The audit event's reason.
    package var reason: String {
        switch self {
        case .credentialsMissing, .forbiddenUnauthenticated, .hiddenUnauthenticated, .signInRequired: "no_credential"
        case .tokenInvalid(let rejection): "token_\(rejection.word)"
        case .credentialsRepeated, .wireRefused(.credentialRepeated): "two_credentials"
        case .tokenInQuery: "token_in_query"
        case .scopeInsufficient: "scope"
        case .denied(let denial): "policy:\(denial.rule)"
        case .originNotAllowed: "origin"
        case .hostNotAllowed: "host"
        case .routeUnknown: "route"
        case .methodNotAllowed: "method"
        case .mediaTypeUnsupported: "media_type"
        case .bodyTooLarge: "limit"
        case .bodyUnexpected: "body"
        case .connectionInsecure, .secureConnectionRequired: "plain_http"
        case .messageAmbiguous(let refusal, _): "ambiguous:\(refusal.reason)"
        case .sessionNotOwned: "mcp_session"
        case .sessionMalformed: "mcp_session_malformed"
        case .wireRefused(let refusal): "wire:\(refusal)"
        case .dependencyUnavailable(let failure): "dependency:\(failure.dependency.rawValue)"
        case .upstreamFailed(let failure): "upstream:\(failure.word)"
        }
    }
}

extension TokenRejection {
    var word: String {
        switch self {
        case .malformed: "malformed"
        case .signature: "signature"
        case .algorithm: "algorithm"
        case .keyUnknown: "key_unknown"
        case .issuer: "issuer"
        case .audience: "audience"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .revoked: "revoked"
        case .claims: "claims"
        case .tokenType: "type"
        }
    }

    /// What the client may know (RFC 6750 §3.1): the kind of fault, never a value.
    var description: String {
        switch self {
        case .malformed: "the token is malformed"
        case .signature, .algorithm, .keyUnknown: "the token's signature could not be verified"
        case .issuer: "the token's issuer is not accepted here"
        case .audience: "the token was issued for another resource"
        case .expired: "the token expired"
        case .notYetValid: "the token is not valid yet"
        case .revoked: "the token is not active"
        case .claims: "the token lacks a required claim"
        case .tokenType: "this kind of token is not accepted here"
        }
    }
}

extension UpstreamFailure {
    var word: String {
        switch self {
        case .unreachable: "unreachable"
        case .timedOut: "timeout"
        case .protocolViolation: "protocol"
        case .overloaded: "overloaded"
        case .bodiesFull: "bodies_full"
        case .requestBodyBroken: "request_body"
        case .requestBodyTooLarge: "limit"
        }
    }
}
