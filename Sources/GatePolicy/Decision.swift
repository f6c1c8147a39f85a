// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateOAuth

/// What policy answers.
public enum Decision: Sendable, Hashable {
    case permit
    case deny(Denial)
    /// Nothing but scope is missing; this is what the token must hold (RFC 6750 §3.1).
    case needsScope(Scope)
}

/// Why policy says no when no scope would help.
public struct Denial: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case client, principal, tenant, claims }

    /// The setting that decided, for example `allowedApplications`; for the audit event.
    public var rule: String
    public var kind: Kind

    public init(rule: String, kind: Kind) {
        self.rule = rule
        self.kind = kind
    }
}
