// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
package import GateOAuth
package import GateTime

/// All providers of one protected resource.
///
/// A JWT goes to the validators of the issuer it names; an opaque token to the provider whose form it has, else to
/// those that issue tokens of any form. A token that nobody is responsible for is refused, never passed on.
package struct ValidatorChain: Sendable {
    private let jwtValidators: [JWTAccessTokenValidator]
    private let remoteValidators: [RemoteTokenValidator]

    package init(jwt: [JWTAccessTokenValidator], remote: [RemoteTokenValidator]) {
        jwtValidators = jwt
        remoteValidators = remote
    }

    /// Never `.notResponsible`: the chain is responsible for every token.
    package func validate(_ token: BearerToken, at now: Instant) -> Eventually<TokenVerdict> {
        switch ask(token, at: now) {
        case .ready(let verdict): return .ready(verdict)
        case .pending(let work):
            let failure = DependencyFailure(
                .introspection, provider: provider, detail: "no answer in time", retryAfter: .seconds(1))
            return .pending { await withDeadline(ValidatorChain.patience, work) ?? .unavailable(failure) }
        }
    }

    /// The longest time that a request waits, however many are asked one after the other.
    private static var patience: Duration { .milliseconds(2_900) }

    /// Who is blamed when all of them together take too long.
    private var provider: ProviderID { remoteValidators.first?.provider ?? jwtValidators.first?.provider ?? .entra }

    private func ask(_ token: BearerToken, at now: Instant) -> Eventually<TokenVerdict> {
        switch TokenForm(token) {
        case .refused(let reason): return .ready(.rejected(reason))
        case .opaque: return askRemote(token, at: now)
        case .jwt(let jwt):
            let local = jwtValidators.filter { $0.isResponsible(for: jwt) }
            if !local.isEmpty { return ValidatorChain.first(of: local[...], nil) { $0.validate(jwt, at: now) } }
            // A server may issue JWTs that it wants to be asked about.
            let remote = remoteValidators.filter { $0.check.asksAbout(jwtIssuer: jwt.issuer) }
            guard !remote.isEmpty else { return .ready(.rejected(.issuer)) }
            return ValidatorChain.first(of: remote[...], nil) { $0.validate(token, at: now) }
        }
    }

    private func askRemote(_ token: BearerToken, at now: Instant) -> Eventually<TokenVerdict> {
        let recognitions = remoteValidators.map { ($0, $0.check.recognition(of: token)) }
        for (_, recognition) in recognitions {
            if case .refused(let reason) = recognition { return .ready(.rejected(reason)) }
        }
        var asked = recognitions.filter { $0.1 == .own }.map(\.0)
        if asked.isEmpty { asked = recognitions.filter { $0.1 == .possible }.map(\.0) }
        if asked.isEmpty, remoteValidators.count == 1 { asked = remoteValidators }
        guard !asked.isEmpty else { return .ready(.rejected(.malformed)) }
        return ValidatorChain.first(of: asked[...], nil) { $0.validate(token, at: now) }
    }

    /// Asks one after the other until one accepts; else the first that could not say, else the first refusal.
    private static func first<Validator: Sendable>(
        of validators: ArraySlice<Validator>, _ soFar: TokenVerdict?,
        _ ask: @escaping @Sendable (Validator) -> Eventually<TokenVerdict>
    ) -> Eventually<TokenVerdict> {
        guard let validator = validators.first else { return .ready(soFar ?? .rejected(.issuer)) }
        let rest = validators.dropFirst()
        switch ask(validator) {
        case .ready(let verdict):
            let combined = combine(soFar, verdict)
            if case .accepted = combined { return .ready(combined) }
            return rest.isEmpty ? .ready(combined) : first(of: rest, combined, ask)
        case .pending(let work):
            return .pending {
                let combined = combine(soFar, await work())
                if case .accepted = combined { return combined }
                return rest.isEmpty ? combined : await first(of: rest, combined, ask).value
            }
        }
    }

    private static func combine(_ soFar: TokenVerdict?, _ next: TokenVerdict) -> TokenVerdict {
        switch next {
        case .accepted: return next
        case .notResponsible: return soFar ?? .rejected(.issuer)
        case .unavailable:
            if case .unavailable? = soFar { return soFar ?? next }
            return next
        case .rejected: return soFar ?? next
        }
    }
}
