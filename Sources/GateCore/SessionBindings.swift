// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateOAuth
import GateTime

/// Who an MCP session belongs to: issuer, subject and client together.
struct SessionOwner: Sendable {
    let issuer: IssuerURL
    let subject: String
    let client: ClientID?

    /// Those who need no credential (`AllowAnonymous`) share theirs, and nobody else's.
    static let anonymous = SessionOwner(issuer: IssuerURL(""), subject: "", client: nil)

    /// Octet by octet: subjects that only look alike are different people.
    func isExactly(_ other: SessionOwner) -> Bool {
        issuer == other.issuer && client == other.client && subject.utf8.elementsEqual(other.subject.utf8)
    }
}

/// Which principal each MCP session belongs to (MCP security best practices, "Session Hijacking"; requirement SES-02).
///
/// A session id is no credential: with another principal's valid token it is answered as unknown. Ids are learnt from the upstream's
/// answers. One that was never seen, because the gate was restarted, belongs to whoever the upstream first serves with it; an id that
/// the upstream does not know leaves no trace. Bounded in number and age; sessions that are not used go first.
final class SessionBindings: Sendable {
    enum Standing: Sendable { case unknown, own, foreign }

    /// Longer than a session lives.
    private static let lifetime = Duration.seconds(7 * 86_400)

    private let owners: TokenCache<SessionOwner>

    init(maximumCount: Int = 50_000) {
        owners = TokenCache(.init(maximumCount: maximumCount, maximumBytes: 32 << 20, bytesPerValue: 256))
    }

    func standing(of id: Span<UInt8>, for owner: SessionOwner, at now: Instant) -> Standing {
        guard let known = owners.value(for: id, at: now) else { return .unknown }
        return known.isExactly(owner) ? .own : .foreign
    }

    /// Records the owner of an id that the upstream has just handed out.
    func bind(_ id: [UInt8], to owner: SessionOwner, at now: Instant) {
        owners.store(owner, for: BearerToken(id), until: now + Self.lifetime, validity: .unconditional)
    }

    /// The upstream has ended the session, or does not know it.
    func forget(_ id: Span<UInt8>) { owners.remove(id) }
}
