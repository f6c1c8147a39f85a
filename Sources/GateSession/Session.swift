// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth
import GateSeal
package import GateTime

/// 128 bits that name one session; new for every sign-in (defence D24).
package struct SessionID: ExactIdentifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }

    package static func make() -> SessionID { SessionID(RandomID.make()) }
}

/// A person who is signed in with a browser, from one sign-in to the next.
package struct Session: Sendable, Hashable {
    package let id: SessionID
    package let principal: Principal
    /// What the provider was configured as when the person signed in: a session of another registration counts for nothing.
    package let registration: String
    /// In whole seconds, as ``expiresAt``.
    package let signedInAt: Instant
    /// It holds before this instant.
    package let expiresAt: Instant

    package init(
        id: SessionID = .make(), principal: Principal, registration: String, signedInAt: Instant, expiresAt: Instant
    ) {
        self.id = id
        self.principal = principal
        self.registration = registration
        self.signedInAt = Instant(seconds: signedInAt.seconds)
        self.expiresAt = Instant(seconds: expiresAt.seconds)
    }

    package func holds(at now: Instant) -> Bool { now < expiresAt }
}
