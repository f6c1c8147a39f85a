// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJSON
import GateOAuth
import GateTime
import Synchronization

/// A request for authorization that was found sound and waits for its person.
struct DemoInteraction: Sendable {
    var clientID: String
    var clientName: String
    var redirectURI: String
    var state: String?
    var scope: [String]
    var resource: String
    var codeChallenge: CodeChallenge
    var nonce: String?
    /// `prompt=login`: a sign-in from before does not count.
    var needsSignIn: Bool
    var expiresAt: Instant
}

/// Browsers that visit the provider: who is signed in where, and what each is being asked.
///
/// A browser is known by a random cookie, and everything it is asked belongs to that cookie, so that nobody can be made
/// to answer what somebody else began. The cookie changes at sign-in.
final class DemoBrowsers: Sendable {
    static let cookieName = "gatehouse_demo_browser"
    static let interactionLifetime = Duration.seconds(600)
    static let sessionLifetime = Duration.seconds(8 * 3_600)
    private static let most = 1_000

    struct SignIn: Sendable {
        var user: DemoUser
        var at: Instant
    }

    private struct State {
        var signIns: [String: SignIn] = [:]
        var interactions: [String: (browser: String, interaction: DemoInteraction)] = [:]
    }

    private let state = Mutex(State())
    private let key = SymmetricKey(size: .bits256)

    /// Remembers an interaction for a browser; returns its name in paths.
    func begin(_ interaction: DemoInteraction, in browser: String, at now: Instant) -> String {
        let name = DemoRandom.token(bytes: 16)
        state.withLock { state in
            if state.interactions.count >= Self.most {
                state.interactions = state.interactions.filter { $0.value.interaction.expiresAt > now }
            }
            if state.interactions.count >= Self.most { state.interactions.removeAll() }
            state.interactions[name] = (browser, interaction)
        }
        return name
    }

    /// What this browser is being asked under that name; nil if it is somebody else's, over, or too old.
    func interaction(_ name: String, in browser: String, at now: Instant) -> DemoInteraction? {
        state.withLock { state in
            guard let entry = state.interactions[name], entry.browser == browser, now < entry.interaction.expiresAt
            else { return nil }
            return entry.interaction
        }
    }

    /// Ends an interaction; false if it was over already.
    func end(_ name: String) -> Bool { state.withLock { $0.interactions.removeValue(forKey: name) != nil } }

    func signIn(in browser: String, at now: Instant) -> SignIn? {
        state.withLock { state in
            guard let signIn = state.signIns[browser], now < signIn.at + Self.sessionLifetime else { return nil }
            return signIn
        }
    }

    /// Records a sign-in under a new cookie, which is returned, and takes the interaction along.
    func recordSignIn(of user: DemoUser, in browser: String, during name: String, at now: Instant) -> String {
        let fresh = DemoRandom.token()
        state.withLock { state in
            if state.signIns.count >= Self.most {
                state.signIns = state.signIns.filter { now < $0.value.at + Self.sessionLifetime }
            }
            if state.signIns.count >= Self.most { state.signIns.removeAll() }
            state.signIns[browser] = nil
            state.signIns[fresh] = SignIn(user: user, at: now)
            if var entry = state.interactions[name] {
                entry.browser = fresh
                entry.interaction.needsSignIn = false
                state.interactions[name] = entry
            }
        }
        return fresh
    }

    /// What a form must send back to prove that this browser was shown it (against cross-site request forgery).
    func formToken(for name: String, in browser: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array("\(browser) \(name)".utf8), using: key)
        return Base64URL.encode(Array(code))
    }

    func isFormToken(_ token: String, for name: String, in browser: String) -> Bool {
        guard let code = Base64URL.decode(token) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: Array("\(browser) \(name)".utf8), using: key)
    }
}
