// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateSeal
package import GateTime
import Synchronization

/// The sessions of people's browsers: kept by the browsers themselves, sealed; what has ended before its time is remembered here.
///
/// One for the life of the process, so that a reload signs nobody out and forgets no sign-out.
package final class BrowserSessions: Sendable {
    package struct Configuration: Sendable {
        /// Easy Auth's `AppServiceAuthSession`, unless the operator chose another.
        package var cookieName: String
        package var attributes: CookieAttributes
        /// The origin that sessions are of; what another site sealed does not open here, though it has the same key.
        package var site: String

        package init(cookieName: String = "AppServiceAuthSession", site: String, attributes: CookieAttributes) {
            self.cookieName = cookieName
            self.site = site
            self.attributes = attributes
        }
    }

    private let cookie: SessionCookie
    private let ended = Mutex(EndedSessions())
    /// Whether any session is remembered as ended: nearly always false, and cheaper to ask than a lock.
    private let hasAny = Atomic<Bool>(false)

    package init(_ configuration: Configuration, keys: KeyRing) {
        cookie = SessionCookie(
            name: configuration.cookieName, site: configuration.site, keys: keys,
            attributes: configuration.attributes)
    }

    // MARK: the data path

    /// The sealed session in a `Cookie` field, not yet opened; nil when there is none, or more than one of a name.
    package func sealedText(in field: Span<UInt8>) -> [UInt8]? { cookie.text(in: field) }

    /// Opens what ``sealedText(in:)`` found; nil when it is not ours or its time is over.
    package func session(_ sealed: [UInt8], at now: Instant) -> Session? {
        guard let session = cookie.read(sealed), session.holds(at: now) else { return nil }
        return session
    }

    /// Whether the session ended before its time.
    package func hasEnded(_ session: Session) -> Bool {
        guard hasAny.load(ordering: .acquiring) else { return false }
        return ended.withLock { $0.contains(session.id) }
    }

    // MARK: the endpoints

    package func current(in field: [UInt8], at now: Instant) -> Session? {
        guard let sealed = sealedText(in: field.span), let session = session(sealed, at: now), !hasEnded(session) else {
            return nil
        }
        return session
    }

    /// `Set-Cookie` values for a new session; the one that the browser had ends.
    package func begin(
        _ session: Session, replacing field: [UInt8], at now: Instant
    ) throws(SessionTooLarge) -> [String] {
        let cookies = try cookie.write(session, replacing: field, at: now)
        forget(field, at: now)
        return cookies
    }

    /// Ends the browser's session, also for whoever has a copy of its cookie (defence D24); returns `Set-Cookie` values.
    package func end(in field: [UInt8], at now: Instant) -> [String] {
        forget(field, at: now)
        return cookie.ended(in: field)
    }

    private func forget(_ field: [UInt8], at now: Instant) {
        guard let session = current(in: field, at: now) else { return }
        end(session.id, until: session.expiresAt, at: now)
    }

    /// Ends a session that is known by its name.
    package func end(_ id: SessionID, until end: Instant, at now: Instant) {
        ended.withLock { $0.insert(id, until: end, at: now) }
        hasAny.store(true, ordering: .releasing)
    }
}

/// Sessions that ended before their time, until that time.
struct EndedSessions {
    private var ends: [SessionID: Instant] = [:]
    private var sweepAt = 1_024

    mutating func insert(_ id: SessionID, until end: Instant, at now: Instant) {
        ends[id] = end
        guard ends.count >= sweepAt else { return }
        ends = ends.filter { $0.value > now }
        // Only sessions that this gate made come here, one for each sign-in.
        sweepAt = max(1_024, ends.count * 2)
    }

    func contains(_ id: SessionID) -> Bool { ends[id] != nil }
}
