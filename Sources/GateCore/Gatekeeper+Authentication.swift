// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateOAuth
import GateObserve
import GatePolicy
import GateTime

extension Gatekeeper {
    /// AUTHENTICATE: the one credential, its verdict from the cache or from the resource's validators.
    func authenticate(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target
    ) -> Eventually<Admission> {
        switch CredentialExtractor.find(head, bytes) {
        case .none: return .ready(anonymous(head, bytes, request, target))
        case .otherScheme: return .ready(refuse(.credentialsMissing, target, .authenticate))
        case .malformed: return .ready(refuse(.tokenInvalid(.malformed), target, .authenticate))
        case .repeated: return .ready(refuse(.credentialsRepeated, target, .authenticate))
        case .bearer(let range):
            let octets = bytes.extracting(range)
            if let admittance = target.resource.admittances.value(for: octets, at: request.now) {
                metrics.tokenCacheHits.increment()
                return .ready(authorize(head, bytes, request, target, admittance))
            }
            if let refusal = target.resource.refusals.value(for: octets, at: request.now) {
                metrics.tokenCacheHits.increment()
                return .ready(refuse(.tokenInvalid(refusal), target, .authenticate))
            }
            metrics.tokenCacheMisses.increment()
            guard CredentialExtractor.isToken68(octets) else {
                return .ready(refuse(.tokenInvalid(.malformed), target, .authenticate))
            }
            let token = BearerToken(bytes.array(at: range))
            switch target.resource.configuration.validators.validate(token, at: request.now) {
            case .ready(let verdict): return .ready(conclude(verdict, token, head, bytes, request, target))
            case .pending(let work):
                // The octets may be gone when the verdict comes: a copy waits with it.
                let copy = bytes.array(at: 0..<head.headBytes)
                return .pending { [self] in
                    let verdict = await work()
                    return conclude(verdict, token, head, copy.span, request, target)
                }
            }
        }
    }

    private func conclude(
        _ verdict: TokenVerdict, _ token: BearerToken, _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request,
        _ target: Target
    ) -> Admission {
        switch verdict {
        case .accepted(let validated):
            metrics.validated(by: validated.principal.provider.rawValue, .accepted)
            let admittance = admittance(validated, request.snapshot, target.resource)
            target.resource.admittances.store(
                admittance, for: token, until: validated.validUntil, validity: validated.validity)
            return authorize(head, bytes, request, target, admittance)
        case .rejected(let reason):
            metrics.validated(by: "any", .rejected)
            if reason.isLasting {
                target.resource.refusals.store(
                    reason, for: token, until: request.now + .seconds(10), validity: .unconditional)
            }
            return refuse(.tokenInvalid(reason), target, .authenticate)
        case .notResponsible: return refuse(.tokenInvalid(.issuer), target, .authenticate)
        case .unavailable(let failure):
            metrics.validated(by: failure.provider.rawValue, .unavailable)
            return refuse(.dependencyUnavailable(failure), target, .authenticate)
        }
    }

    /// Asks policy once for each token and resource, and renders the identity fields once.
    private func admittance(
        _ validated: ValidatedToken, _ snapshot: GatewaySnapshot, _ resource: ProtectedResource
    ) -> Admittance {
        let principal = validated.principal
        let policy = snapshot.configuration.policies[principal.provider] ?? EasyAuthPolicy()
        let request = AccessRequest(
            principal: principal, resource: resource.configuration.identifier,
            requiredScope: resource.configuration.requiredScopes)
        let outcome: Admittance.Outcome =
            switch policy.decide(request) {
            case .permit: .permitted
            case .deny(let denial): .refused(.denied(denial))
            case .needsScope(let scope): .refused(.scopeInsufficient(scope))
            }
        return Admittance(
            principal: principal, outcome: outcome,
            identityLines: IdentityHeaders.lines(for: principal, naming: snapshot.configuration.claimsNaming),
            validUntil: validated.validUntil)
    }

    /// AUTHORIZE: what policy said of this token, and whose the MCP session is.
    private func authorize(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target, _ admittance: Admittance
    ) -> Admission {
        if case .refused(let rejection) = admittance.outcome {
            return refuse(rejection, target, .authorize, admittance)
        }
        if let refusal = ambiguousName(head) { return refuse(refusal, target, .head, admittance) }
        guard target.isMCP else { return forward(head, bytes, request, target, admittance) }

        if let field = head.first(.mcpSessionID) {
            let id = bytes.array(at: field.value)
            guard !id.isEmpty, id.count <= 1_024, id.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                return refuse(.sessionMalformed, target, .authorize, admittance)
            }
            guard sessions.admits(id, admittance.owner) else {
                return refuse(.sessionNotOwned(id: nil), target, .authorize, admittance)
            }
        }
        if head.method == .post, let rejection = mediaTypeRejection(head, bytes) {
            return refuse(rejection, target, .authorize, admittance)
        }
        return forward(head, bytes, request, target, admittance)
    }

    /// An MCP message is plain JSON: what we cannot read we do not forward.
    private func mediaTypeRejection(_ head: RequestHead, _ bytes: Span<UInt8>) -> Rejection? {
        if head.framing == .none { return nil }
        if head.first(.contentEncoding) != nil { return .mediaTypeUnsupported }
        guard let field = head.first(.contentType) else { return .mediaTypeUnsupported }
        var end = field.value.lowerBound
        while end < field.value.upperBound, bytes[end] != UInt8(ascii: ";"), bytes[end] != UInt8(ascii: " ") {
            end += 1
        }
        return bytes.equalsIgnoringCase("application/json", at: field.value.lowerBound..<end)
            ? nil : .mediaTypeUnsupported
    }

    /// Nothing was presented: `requireAuthentication` and `unauthenticatedClientAction`.
    private func anonymous(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target
    ) -> Admission {
        let configuration = request.snapshot.configuration
        guard configuration.requiresAuthentication, configuration.unauthenticatedAction != .allowAnonymous else {
            if let refusal = ambiguousName(head) { return refuse(refusal, target, .head) }
            if target.isMCP, let field = head.first(.mcpSessionID), sessions.isOwned(bytes.array(at: field.value)) {
                return refuse(.sessionNotOwned(id: nil), target, .authorize)
            }
            let plan = plan(
                head, bytes, request, target.exchange, to: .upstream(target.resource.configuration.upstream),
                rewritten: target.rewritten, admittance: nil, isMCP: target.isMCP)
            // A body that must be read first is decided on, and recorded, by `inspect`.
            if plan.inspectsBodyUpTo == nil { permit(target.exchange, reason: "anonymous", nil, .authenticate) }
            return .forward(plan)
        }
        switch configuration.unauthenticatedAction {
        case .return403: return refuse(.forbiddenUnauthenticated, target, .authenticate)
        case .redirectToLoginPage where !target.isMCP && isNavigation(head, bytes):
            guard let provider = configuration.loginProvider else {
                return refuse(.credentialsMissing, target, .authenticate)
            }
            let back = target.exchange.path + bytes.text(at: head.pathRange.upperBound..<head.targetRange.upperBound)
            let location =
                "\(configuration.apiPrefix)/login/\(FormParameters.encode(provider.rawValue))"
                + "?post_login_redirect_uri=\(FormParameters.encode(back))"
            return refuse(.signInRequired(location: location), target, .authenticate)
        default: return refuse(.credentialsMissing, target, .authenticate)
        }
    }

    /// A person's browser opens a page (Fetch Metadata; `Accept` for browsers without it).
    private func isNavigation(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        guard head.method == .get || head.method == .head else { return false }
        if let mode = head.first(.secFetchMode) { return bytes.equalsIgnoringCase("navigate", at: mode.value) }
        guard let accept = head.first(.accept) else { return false }
        return bytes.text(at: accept.value).contains("text/html")
    }
}

extension TokenRejection {
    /// True when asking again cannot change the verdict, so that it may be kept for a while.
    var isLasting: Bool {
        switch self {
        case .malformed, .signature, .algorithm, .issuer, .audience, .expired, .claims, .tokenType: true
        case .keyUnknown, .notYetValid, .revoked: false
        }
    }
}
