// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateJOSE
package import GateOAuth

/// One issuer's keys as they were at one moment.
package struct IssuerKeys: Sendable {
    package let verifier: JWSVerifier
    /// Key ids that are published for keys which do not verify signatures: asking again would not help.
    package let unusableKeyIDs: Set<String>
    /// The `issuer` of the metadata that led to them, when there was any.
    package let documentIssuer: String?
    /// Ends when one of these keys is withdrawn.
    package let validity: Validity
    /// On the cache's own clock.
    package let fetchedAt: Duration
}

/// How an issuer's keys are doing, for readiness and `check --online`.
package struct KeyStatus: Sendable, Hashable {
    package var keyCount: Int
    /// Nil when there are none.
    package var age: Duration?
    /// False when there are none, or when they are too old to be used.
    package var isUsable: Bool
    package var failuresInARow: Int
    /// Why the last attempt failed; nil when it did not.
    package var lastFailure: String?
    package var skippedKeys: [String]
    package var nextAttempt: Duration
    /// What discovery found, when it was used.
    package var issuer: String?
    package var keySet: HTTPURL?
}

/// Permission to wait for a fetch, tied to how many had been completed when it was given.
struct FetchTicket: Sendable, Hashable {
    let completedLoads: Int
}
