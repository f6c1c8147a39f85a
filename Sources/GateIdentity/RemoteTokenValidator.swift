// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth
package import GateTime
import GateFetch
import Synchronization

/// Asks somebody else about a token, once.
package protocol RemoteTokenCheck: Sendable {
    var provider: ProviderID { get }
    /// How sure the check is that the token is its provider's, from the token's form alone.
    func recognition(of token: BearerToken) -> TokenRecognition
    /// Whether JWTs of this issuer are asked about too, when nobody can validate them here.
    func asksAbout(jwtIssuer: String) -> Bool
    /// The provider's word on the token; within the check's own deadline.
    func verdict(on token: BearerToken, at now: Instant) async -> TokenVerdict
}

/// What the form of an opaque token says about whose it is. A token is a credential: it is shown to as few as possible.
package enum TokenRecognition: Sendable, Hashable {
    /// Only this provider issues tokens of this form.
    case own
    /// Any form may be its own.
    case possible
    /// Not the form of its tokens; asked only when there is nobody else to ask.
    case unlikely
    /// The provider's own, but of a kind that must not work here.
    case refused(TokenRejection)
}

/// Validates opaque tokens by asking the provider, and remembers the answer for a short while.
///
/// What the provider accepts is remembered until the token ends, at most ``Configuration/positiveLifetime``, which is
/// how long a revoked token may go on working. What it refuses is remembered for ``Configuration/negativeLifetime``. A
/// provider that cannot be asked makes the answer "unavailable", and nothing is remembered. One request is sent for a
/// token however many are waiting, and the number of requests under way is bounded.
package final class RemoteTokenValidator: AccessTokenValidator {
    package struct Configuration: Sendable, Hashable {
        package var positiveLifetime: Duration
        package var negativeLifetime: Duration
        package var maximumConcurrent: Int
        package var maximumRemembered: Int

        package init(
            positiveLifetime: Duration = .seconds(60), negativeLifetime: Duration = .seconds(10),
            maximumConcurrent: Int = 64, maximumRemembered: Int = 10_000
        ) {
            self.positiveLifetime = positiveLifetime
            self.negativeLifetime = negativeLifetime
            self.maximumConcurrent = maximumConcurrent
            self.maximumRemembered = maximumRemembered
        }
    }

    package let configuration: Configuration
    let check: any RemoteTokenCheck
    private let clock: any IdentityClock
    private let accepted: TokenCache<ValidatedToken>
    /// Apart from the accepted ones, so that a flood of bad tokens does not push good ones out.
    private let refused: TokenCache<TokenRejection>
    private let flights = SingleFlight<BearerToken, TokenVerdict>()
    private let underWay = Mutex(0)
    private let lastOutcome = Mutex<(failure: DependencyFailure, at: Duration)?>(nil)
    /// After this time a failure says nothing about now: nobody asks again before the next token comes.
    private static var failureLifetime: Duration { .seconds(10) }

    package init(_ check: any RemoteTokenCheck, _ configuration: Configuration, clock: any IdentityClock) {
        self.check = check
        self.configuration = configuration
        self.clock = clock
        accepted = TokenCache(.init(maximumCount: configuration.maximumRemembered, maximumBytes: 32 << 20))
        refused = TokenCache(
            .init(maximumCount: configuration.maximumRemembered, maximumBytes: 8 << 20, bytesPerValue: 128))
    }

    package var provider: ProviderID { check.provider }
    /// Why the provider could not be asked a moment ago; nil when it could, or when that was some time ago.
    package var lastFailure: DependencyFailure? {
        lastOutcome.withLock { last in
            guard let last, clock.elapsed - last.at < Self.failureLifetime else { return nil }
            return last.failure
        }
    }

    package func validate(_ token: BearerToken, at now: Instant) -> Eventually<TokenVerdict> {
        if let known = accepted.value(for: token.bytes.span, at: now) { return .ready(.accepted(known)) }
        if let reason = refused.value(for: token.bytes.span, at: now) { return .ready(.rejected(reason)) }
        return .pending { [self] in
            // A question has its own deadline; this one is for whoever waits for two of them.
            await withDeadline(RemoteTokenValidator.patience) { await self.ask(token) } ?? .unavailable(slow)
        }
    }

    /// The longest time that a request waits for an answer.
    private static var patience: Duration { .milliseconds(2_800) }

    private func ask(_ token: BearerToken) async -> TokenVerdict {
        let verdict = await flights.run(token) {
            // Somebody may have asked between the look and now.
            let now = clock.wall
            if let known = accepted.value(for: token.bytes.span, at: now) { return .accepted(known) }
            guard enter() else { return .unavailable(busy) }
            defer { underWay.withLock { $0 -= 1 } }
            return remember(await check.verdict(on: token, at: now), on: token, at: clock.wall)
        }
        return verdict ?? .unavailable(busy)
    }

    private func enter() -> Bool {
        underWay.withLock { count in
            guard count < configuration.maximumConcurrent else { return false }
            count += 1
            return true
        }
    }

    private var slow: DependencyFailure {
        DependencyFailure(.introspection, provider: provider, detail: "no answer in time", retryAfter: .seconds(1))
    }

    private var busy: DependencyFailure {
        DependencyFailure(
            .introspection, provider: provider, detail: "too many tokens are being asked about", retryAfter: .seconds(1)
        )
    }

    private func remember(_ verdict: TokenVerdict, on token: BearerToken, at now: Instant) -> TokenVerdict {
        switch verdict {
        case .accepted(var validated):
            lastOutcome.withLock { $0 = nil }
            validated.validUntil = min(validated.validUntil, now + configuration.positiveLifetime)
            accepted.store(validated, for: token, until: validated.validUntil, validity: validated.validity)
            return .accepted(validated)
        case .rejected(let reason):
            lastOutcome.withLock { $0 = nil }
            refused.store(reason, for: token, until: now + configuration.negativeLifetime, validity: .unconditional)
        case .unavailable(let failure):
            if !Task.isCancelled { lastOutcome.withLock { $0 = (failure, clock.elapsed) } }
        case .notResponsible: break
        }
        return verdict
    }
}
