// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON
package import GateOAuth
package import GateTime

/// Validates JWT access tokens of one issuer without asking anybody (RFC 9068 §4, RFC 8725).
///
/// The unverified `iss` only decides whether this validator is asked. Then the signature is verified with the issuer's
/// own keys, and only then are the claims judged. A token whose key is not known waits for one refetch, if one is
/// allowed and if nothing else is wrong with the token.
package final class JWTAccessTokenValidator: AccessTokenValidator {
    /// Which tokens are this provider's.
    package enum IssuerRule: Sendable {
        case exactly([IssuerURL])
        /// The issuer that the metadata names; it must be one of these.
        case discovered(from: [IssuerURL])
        case entra(EntraIssuer)
    }

    package struct Configuration: Sendable {
        package var provider: ProviderID
        package var issuer: IssuerRule
        /// At least one must be in `aud`.
        package var audiences: Set<String>
        /// At most 60 s.
        package var leeway: Duration
        package var types: Set<String>
        /// Whether ID tokens may be presented, as Easy Auth allows; MCP forbids it.
        package var acceptsIDTokens: Bool
        package var requiredClaims: Set<String>
        /// Whether a token that names no client is refused, which only ID tokens of the provider lack.
        package var requiresClient: Bool
        package var mapping: ClaimsMapping

        package init(
            provider: ProviderID, issuer: IssuerRule, audiences: Set<String>, leeway: Duration = .seconds(60),
            types: Set<String> = ClaimChecks.accessTokenTypes, acceptsIDTokens: Bool = false,
            requiredClaims: Set<String> = [], requiresClient: Bool = false, mapping: ClaimsMapping = .openIDConnect
        ) {
            self.provider = provider
            self.issuer = issuer
            self.audiences = audiences
            self.leeway = leeway
            self.types = types
            self.acceptsIDTokens = acceptsIDTokens
            self.requiredClaims = requiredClaims
            self.requiresClient = requiresClient
            self.mapping = mapping
        }
    }

    package let configuration: Configuration
    package let keys: JWKSCache
    private let checks: ClaimChecks
    private let clock: any IdentityClock

    package init(_ configuration: Configuration, keys: JWKSCache, clock: any IdentityClock) {
        self.configuration = configuration
        self.keys = keys
        self.clock = clock
        checks = ClaimChecks(
            // The issuer is judged here, together with what the metadata says.
            issuer: .matching { _, _ in true }, audiences: configuration.audiences, leeway: configuration.leeway,
            types: configuration.types, refusesIDTokens: !configuration.acceptsIDTokens,
            requiredClaims: configuration.requiredClaims)
    }

    package var provider: ProviderID { configuration.provider }

    package func validate(_ token: BearerToken, at now: Instant) -> Eventually<TokenVerdict> {
        switch TokenForm(token) {
        case .jwt(let jwt): isResponsible(for: jwt) ? validate(jwt, at: now) : .ready(.notResponsible)
        case .opaque: .ready(.notResponsible)
        case .refused(let reason): .ready(.rejected(reason))
        }
    }

    /// Whether the token claims to be from this issuer.
    func isResponsible(for jwt: UnverifiedJWT) -> Bool { isOwn(issuer: jwt.issuer) }

    func isOwn(issuer text: String) -> Bool {
        switch configuration.issuer {
        case .exactly(let issuers), .discovered(let issuers): issuers.contains { $0.rawValue.isExactly(text) }
        case .entra(let issuer): issuer.mayAccept(issuer: text)
        }
    }

    /// The token must be one this validator is responsible for.
    func validate(_ jwt: UnverifiedJWT, at now: Instant) -> Eventually<TokenVerdict> {
        guard let current = keys.current() else { return waitForFirstKeys(jwt, at: now) }
        switch judge(jwt, with: current, at: now) {
        case .verdict(let verdict): return .ready(verdict)
        case .keyUnknown: break
        }
        // A fetch is worth it only for a token that a new key would make good.
        if let reason = claimsFault(jwt, with: current, at: now) {
            return .ready(.rejected(reason))
        }
        if let keyID = jwt.jws.header.keyID, current.unusableKeyIDs.contains(keyID) {
            return .ready(.rejected(.algorithm))
        }
        guard let ticket = keys.admissionToRefetch(forUnknown: jwt.jws.header.keyID) else {
            return .ready(.rejected(.keyUnknown))
        }
        return .pending { [self] in
            let newest = await keys.keys(after: ticket)
            if let newest, case .verdict(let verdict) = judge(jwt, with: newest, at: clock.wall) { return verdict }
            keys.remember(unknown: jwt.jws.header.keyID, after: ticket)
            return .rejected(.keyUnknown)
        }
    }

    private func waitForFirstKeys(_ jwt: UnverifiedJWT, at now: Instant) -> Eventually<TokenVerdict> {
        if let reason = claimsFault(jwt, with: nil, at: now) { return .ready(.rejected(reason)) }
        guard let ticket = keys.admissionToFirstKeys() else { return .ready(.unavailable(keys.failure(of: provider))) }
        return .pending { [self] in
            guard let first = await keys.keys(after: ticket) else { return .unavailable(keys.failure(of: provider)) }
            switch judge(jwt, with: first, at: clock.wall) {
            case .verdict(let verdict): return verdict
            case .keyUnknown: return .rejected(.keyUnknown)
            }
        }
    }

    // MARK: - Judgement

    private enum Judgement {
        case verdict(TokenVerdict)
        case keyUnknown
    }

    private func judge(_ jwt: UnverifiedJWT, with keys: IssuerKeys, at now: Instant) -> Judgement {
        do throws(JOSEError) {
            try keys.verifier.verify(jwt.jws)
        } catch {
            return error.code == .keyUnknown ? .keyUnknown : .verdict(.rejected(TokenRejection(error)))
        }
        if let reason = claimsFault(jwt, with: keys, at: now) {
            return .verdict(.rejected(reason))
        }
        guard let expiresAt = jwt.claims.expiresAt, let principal = principal(of: jwt) else {
            return .verdict(.rejected(.claims))
        }
        // Once the keys are too old to be used, so are the verdicts made with them.
        let end = min(expiresAt, now + self.keys.usableFor(keys))
        return .verdict(
            .accepted(
                ValidatedToken(
                    principal: principal, validUntil: end, expiresAt: expiresAt, validity: keys.validity)))
    }

    /// What is wrong with the claims; without keys, as far as that can be said before the metadata is here.
    private func claimsFault(_ jwt: UnverifiedJWT, with keys: IssuerKeys?, at now: Instant) -> TokenRejection? {
        guard keys.map({ isIssuer(of: jwt, $0) }) ?? isResponsible(for: jwt) else { return .issuer }
        // No key makes an algorithm good that is not listed, so nobody waits for one.
        guard self.keys.configuration.algorithms.contains(where: { $0.rawValue.isExactly(jwt.jws.header.algorithm) })
        else { return .algorithm }
        do throws(JOSEError) {
            try checks.validate(jwt.claims, header: jwt.jws.header, at: now)
        } catch {
            return TokenRejection(error)
        }
        if configuration.requiresClient, !configuration.acceptsIDTokens,
            configuration.mapping.clientID.allSatisfy({ jwt.claims[$0]?.string == nil })
        {
            return .tokenType
        }
        return nil
    }

    private func isIssuer(of jwt: UnverifiedJWT, _ keys: IssuerKeys) -> Bool {
        switch configuration.issuer {
        case .exactly(let issuers):
            issuers.contains { $0.rawValue.isExactly(jwt.issuer) }
        case .discovered(let issuers):
            issuers.contains { $0.rawValue.isExactly(jwt.issuer) }
                && keys.documentIssuer?.isExactly(jwt.issuer) != false
        case .entra(let issuer):
            issuer.accepts(
                issuer: jwt.issuer, tenantClaim: jwt.claims["tid"]?.string, documentIssuer: keys.documentIssuer)
        }
    }

    private func principal(of jwt: UnverifiedJWT) -> Principal? {
        let issuer = IssuerURL(jwt.issuer)
        var principal = configuration.mapping.principal(of: jwt.claims.object, provider: provider, issuer: issuer)
        // An ID token was obtained by the client that it is for.
        if principal?.clientID == nil, configuration.acceptsIDTokens, jwt.claims.audiences.count == 1 {
            principal?.clientID = jwt.claims.audiences.first.map { ClientID($0) }
        }
        return principal
    }
}
