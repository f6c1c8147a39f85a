// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateOAuth
import GateObserve
import GatePolicy
import GateSession
import GateTime

extension Gatekeeper {
    /// How long a token that was refused is not validated again: a flood of one bad token costs look-ups.
    ///
    /// Short, since the keys may change: a token that was shown before its key was published is not held off for long.
    private static let refusalLifetime = Duration.seconds(2)

    /// AUTHENTICATE: the one credential, its verdict from the cache or from the resource's validators.
    func authenticate(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target
    ) -> Eventually<Admission> {
        switch CredentialExtractor.find(head, bytes) {
        case .none:
            return .ready(
                browser(head, bytes, request, target) ?? anonymous(head, bytes, request, target))
        case .otherScheme: return .ready(refuse(.credentialsMissing, target, .authenticate))
        case .inQuery: return .ready(refuse(.tokenInQuery, target, .authenticate))
        case .repeated: return .ready(refuse(.credentialsRepeated, target, .authenticate))
        case .bearer(let range):
            let octets = bytes.extracting(range)
            if let admittance = target.resource.admittances.value(for: octets, at: request.now) {
                metrics.tokenCacheHits.increment()
                return .ready(authorize(head, bytes, request, target, admittance))
            }
            if let refusal = target.resource.refused.value(for: octets, at: request.now) {
                metrics.tokenCacheHits.increment()
                return .ready(refuse(.tokenInvalid(refusal), target, .authenticate))
            }
            metrics.tokenCacheMisses.increment()
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
            let end = validated.expiresAt
            let admittance = admittance(
                validated.principal, endsAt: end == .distantFuture ? nil : end, session: nil, request.snapshot,
                target.resource)
            target.resource.admittances.store(
                admittance, for: token, until: validated.validUntil, validity: validated.validity)
            return authorize(head, bytes, request, target, admittance)
        case .rejected(let reason):
            metrics.validated(by: "any", .rejected)
            if reason.isLasting {
                target.resource.refused.store(
                    reason, for: token, until: request.now + Self.refusalLifetime, validity: .unconditional)
            }
            return refuse(.tokenInvalid(reason), target, .authenticate)
        case .notResponsible:
            metrics.validated(by: "any", .rejected)
            return refuse(.tokenInvalid(.issuer), target, .authenticate)
        case .unavailable(let failure):
            metrics.validated(by: failure.provider.rawValue, .unavailable)
            return refuse(.dependencyUnavailable(failure), target, .authenticate)
        }
    }

    /// Asks policy once for each token or session and resource, and renders the identity fields once.
    func admittance(
        _ principal: Principal, endsAt: Instant?, session: Session?, _ snapshot: GatewaySnapshot,
        _ resource: ProtectedResource
    ) -> Admittance {
        let request = AccessRequest(
            principal: principal, resource: resource.configuration.identifier,
            requiredScope: resource.configuration.requiredScopes)
        let decision =
            snapshot.configuration.policies[principal.provider]?.decide(request)
            ?? .deny(Denial(rule: "none", kind: .claims))
        let outcome: Admittance.Outcome =
            switch decision {
            case .permit: .permitted
            case .deny(let denial): .refused(.denied(denial))
            case .needsScope(let scope): .refused(.scopeInsufficient(scope))
            }
        return Admittance(
            principal: principal, outcome: outcome,
            identityLines: IdentityHeaders.lines(for: principal, naming: snapshot.configuration.claimsNaming),
            endsAt: endsAt, session: session)
    }

    /// Nothing was presented: `requireAuthentication` and `unauthenticatedClientAction`.
    private func anonymous(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ target: Target
    ) -> Admission {
        let configuration = request.snapshot.configuration
        guard configuration.requiresAuthentication else { return admit(head, bytes, request, target, nil) }
        switch configuration.unauthenticatedAction {
        case .allowAnonymous: return admit(head, bytes, request, target, nil)
        case .return401: return refuse(.credentialsMissing, target, .authenticate)
        case .return403: return refuse(.forbiddenUnauthenticated, target, .authenticate)
        case .return404: return refuse(.hiddenUnauthenticated, target, .authenticate)
        case .redirectToLoginPage:
            // Programs are challenged; only a person can follow a redirect to a sign-in page.
            guard !target.isMCP, isNavigation(head, bytes), let signIn = configuration.signInPath else {
                return refuse(.credentialsMissing, target, .authenticate)
            }
            let back = target.exchange.path + bytes.text(at: head.pathRange.upperBound..<head.targetRange.upperBound)
            // The provider leads back to the public URL, so that the sign-in must begin there for its cookie to be there, too.
            let url = configuration.publicURL
            let isThere = head.first(.host).map { bytes.equalsIgnoringCase(url.authority, at: $0.value) } ?? true
            let location =
                "\(isThere ? "" : url.origin)\(signIn)?post_login_redirect_uri=\(FormParameters.encode(back))"
            return refuse(.signInRequired(location: location), target, .authenticate)
        }
    }
}

extension TokenRejection {
    /// True when asking again cannot change the verdict soon, so that it may be kept for a moment.
    var isLasting: Bool {
        switch self {
        case .malformed, .signature, .algorithm, .issuer, .audience, .expired, .claims, .tokenType: true
        case .keyUnknown, .notYetValid, .revoked: false
        }
    }
}
