// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJSON
import GateOAuth
package import GateSeal
package import GateTime
import Synchronization

/// Binds each sign-in that is under way to the browser that began it: a sealed cookie of its own, a few minutes long, used once (defence D22).
///
/// A cookie's name ends in a digest of its state, so that sign-ins in several tabs do not disturb each other; three at most, the newest win.
package final class SignInCookies: Sendable {
    package struct Configuration: Sendable {
        /// How long a person may take at the provider.
        package var lifetime: Duration
        package var attributes: CookieAttributes
        /// The origin that sign-ins are of.
        package var site: String

        package init(lifetime: Duration = .seconds(600), site: String, attributes: CookieAttributes) {
            self.lifetime = lifetime
            self.site = site
            self.attributes = attributes
        }
    }

    /// What the names begin with; over https browsers keep other hosts and plain connections from setting it.
    package static func prefix(isSecure: Bool) -> String { (isSecure ? "__Host-" : "") + "GatehouseSignIn." }

    private static let most = 3

    private let keys: KeyRing
    private let configuration: Configuration
    private let prefix: [UInt8]
    private let site: [UInt8]
    private let used = Mutex(UsedAttempts())

    package init(_ configuration: Configuration, keys: KeyRing) {
        self.configuration = configuration
        self.keys = keys
        site = Array(configuration.site.utf8)
        prefix = Array(Self.prefix(isSecure: configuration.attributes.isSecure).utf8)
    }

    /// `Set-Cookie` values for a new attempt; the oldest of those that the browser has are ended when there are too many.
    ///
    /// - Parameter crossSite: the answer comes with a form that the provider's page posts, to which browsers add `SameSite=None` cookies only.
    package func cookies(
        for attempt: SignInAttempt, in field: [UInt8], crossSite: Bool, at now: Instant
    ) -> [String] {
        let value = Base64URL.encode(keys.seal(attempt.encoded, for: .signIn, context: site))
        let lifetime = configuration.lifetime.components.seconds
        var cookies = [
            configuration.attributes.cookie(
                name(attempt.state), value, maximumAge: lifetime, sameSite: crossSite ? .none : .lax)
        ]
        let others = present(in: field).sorted { a, b in
            (a.attempt?.startedAt ?? .distantPast) > (b.attempt?.startedAt ?? .distantPast)
        }
        let kept = others.prefix(Self.most - 1).filter { $0.attempt.map { isLive($0, at: now) } ?? false }
        for other in others where !kept.contains(where: { $0.name == other.name }) {
            cookies.append(configuration.attributes.ended(other.name))
        }
        return cookies
    }

    /// The attempt of this state, if this browser began it and its time is not over.
    package func attempt(forState state: String, in field: [UInt8], at now: Instant) -> SignInAttempt? {
        guard let value = CookieField.value(of: Array(name(state).utf8), in: field.span),
            let attempt = open(value), Secret(attempt.state) == Secret(state), isLive(attempt, at: now)
        else { return nil }
        return attempt
    }

    /// Marks the attempt as used.
    ///
    /// - Returns: false when it was used before, even if its cookie was copied.
    package func use(_ attempt: SignInAttempt, at now: Instant) -> Bool {
        let end = attempt.startedAt + configuration.lifetime
        return used.withLock { $0.insert(attempt.state, until: end, at: now) }
    }

    /// `Set-Cookie` values that end the attempt's cookie.
    package func expired(_ attempt: SignInAttempt) -> [String] {
        [configuration.attributes.ended(name(attempt.state))]
    }

    private func isLive(_ attempt: SignInAttempt, at now: Instant) -> Bool {
        now < attempt.startedAt + configuration.lifetime
    }

    private func name(_ state: String) -> String {
        let digest = SHA256.hash(data: Array(state.utf8)).prefix(8)
        return String(decoding: prefix, as: UTF8.self) + Base64URL.encode(digest)
    }

    private func open(_ value: [UInt8]) -> SignInAttempt? {
        Base64URL.decode(value.span).flatMap { keys.open($0, for: .signIn, context: site) }.flatMap(
            SignInAttempt.init(encoded:))
    }

    private func present(in field: [UInt8]) -> [(name: String, attempt: SignInAttempt?)] {
        var found: [(name: String, attempt: SignInAttempt?)] = []
        CookieField.forEachPair(field.span) { name, value in
            guard name.count > prefix.count, field[name].starts(with: prefix) else { return }
            found.append((String(decoding: field[name], as: UTF8.self), open(Array(field[value]))))
        }
        return found
    }
}

/// The states of attempts that were used, for as long as they could be shown again.
struct UsedAttempts {
    /// More than there are sign-ins in an attempt's life. Beyond them those that end first are forgotten, and whatever ends no later than
    /// these counts as used: somebody begins again rather than anything twice.
    private static let most = 100_000
    private var ends: [String: Instant] = [:]
    private var sweepAt = 1_024
    private var forgottenUntil = Instant.distantPast

    mutating func insert(_ state: String, until end: Instant, at now: Instant) -> Bool {
        if ends.count >= sweepAt {
            ends = ends.filter { $0.value > now }
            sweepAt = max(1_024, ends.count * 2)
        }
        guard ends[state] == nil, end > forgottenUntil else { return false }
        if ends.count >= Self.most {
            let sorted = ends.values.sorted()
            forgottenUntil = sorted[sorted.count / 2]
            ends = ends.filter { $0.value > forgottenUntil }
            guard end > forgottenUntil else { return false }
        }
        ends[state] = end
        return true
    }
}
