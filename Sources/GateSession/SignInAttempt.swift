// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
package import GateOAuth
import GateSeal
package import GateTime

/// A sign-in that a browser has begun: what must come back with the provider's answer (defence D22).
package struct SignInAttempt: Sendable, Hashable {
    package let provider: ProviderID
    /// RFC 6749 §10.12: 128 bits that the provider sends back.
    package let state: String
    /// OpenID Connect Core §3.1.2.1: 128 bits that the ID token must hold.
    package let nonce: String
    /// RFC 7636 §4.1.
    package let verifier: Secret
    package let redirectURI: String
    /// Where the person goes afterwards; judged already.
    package let returnTarget: String
    /// In whole seconds.
    package let startedAt: Instant
    /// The session that the browser had, which ends with this sign-in; it does not come along with a form from another site.
    package private(set) var previous: Previous?

    package struct Previous: Sendable, Hashable {
        package let id: SessionID
        package let expiresAt: Instant

        package init(id: SessionID, expiresAt: Instant) {
            self.id = id
            self.expiresAt = expiresAt
        }
    }

    package static func begin(
        provider: ProviderID, returnTarget: String, redirectURI: String, replacing session: Session? = nil,
        at now: Instant
    ) -> SignInAttempt {
        var attempt = SignInAttempt(
            provider: provider, state: RandomID.make(), nonce: RandomID.make(),
            verifier: Secret(CodeChallenge.makeVerifier()), redirectURI: redirectURI, returnTarget: returnTarget,
            startedAt: Instant(seconds: now.seconds))
        attempt.previous = session.map { Previous(id: $0.id, expiresAt: $0.expiresAt) }
        return attempt
    }

    var encoded: [UInt8] {
        var value: JSONObject = [
            "p": .string(provider.rawValue), "s": .string(state), "n": .string(nonce), "v": .string(verifier.revealed),
            "u": .string(redirectURI), "r": .string(returnTarget), "t": .number(JSONNumber(startedAt.seconds)),
        ]
        if let previous {
            value["i"] = .string(previous.id.rawValue)
            value["e"] = .number(JSONNumber(previous.expiresAt.seconds))
        }
        return JSONValue.object(value).serialized()
    }

    private init(
        provider: ProviderID, state: String, nonce: String, verifier: Secret, redirectURI: String, returnTarget: String,
        startedAt: Instant
    ) {
        self.provider = provider
        self.state = state
        self.nonce = nonce
        self.verifier = verifier
        self.redirectURI = redirectURI
        self.returnTarget = returnTarget
        self.startedAt = startedAt
    }

    init?(encoded: [UInt8]) {
        guard let object = (try? JSONValue.parse(encoded))?.object, let provider = object["p"]?.string,
            let state = object["s"]?.string, let nonce = object["n"]?.string, let verifier = object["v"]?.string,
            let redirectURI = object["u"]?.string, let target = object["r"]?.string, let start = object["t"]?.int64
        else { return nil }
        self.init(
            provider: ProviderID(provider), state: state, nonce: nonce, verifier: Secret(verifier),
            redirectURI: redirectURI, returnTarget: target, startedAt: Instant(seconds: start))
        if let id = object["i"]?.string, let end = object["e"]?.int64 {
            previous = Previous(id: SessionID(id), expiresAt: Instant(seconds: end))
        }
    }
}
