// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateSeal
import GateTime

/// A session is larger than the parts that a browser keeps of its cookie.
package struct SessionTooLarge: Error, Sendable, Hashable {
    /// Characters of the sealed session.
    package let characters: Int
}

/// The session as browsers hold it: sealed, in base64url, and split where one cookie cannot hold it.
///
/// Easy Auth's names: `AppServiceAuthSession`, then `AppServiceAuthSession1` and so on. The first part says how many there are, so that
/// one that was left over from a larger session does no harm.
struct SessionCookie: Sendable {
    /// Characters of a part: browsers keep 4,096 octets of name, value and attributes together.
    static let partCharacters = 3_000
    /// Parts: they come back in one line, of which the gate takes 8 KiB, and there may be other cookies (defence D21).
    static let mostParts = 2

    private let keys: KeyRing
    private let attributes: CookieAttributes
    /// The site that sessions are of: others may have the same key.
    private let site: [UInt8]
    private let names: [String]
    private let octets: [[UInt8]]

    init(name: String, site: String, keys: KeyRing, attributes: CookieAttributes) {
        self.keys = keys
        self.site = Array(site.utf8)
        self.attributes = attributes
        names = (0..<Self.mostParts).map { $0 == 0 ? name : "\(name)\($0)" }
        octets = names.map { Array($0.utf8) }
    }

    /// `Set-Cookie` values for all parts; those that `field` has beyond them are ended.
    func write(_ session: Session, replacing field: [UInt8], at now: Instant) throws(SessionTooLarge) -> [String] {
        let sealed = Base64URL.encode(keys.seal(SessionCoding.encode(session), for: .session, context: site))
        let count = (sealed.utf8.count + Self.partCharacters - 1) / Self.partCharacters
        guard count <= Self.mostParts else { throw SessionTooLarge(characters: sealed.utf8.count) }
        let age = session.expiresAt.seconds - now.seconds
        var cookies: [String] = []
        var rest = sealed[...]
        for index in 0..<count {
            let part = rest.prefix(Self.partCharacters)
            rest = rest.dropFirst(part.count)
            cookies.append(attributes.cookie(names[index], (index == 0 ? "\(count)." : "") + part, maximumAge: age))
        }
        return cookies + ended(in: field, from: count)
    }

    /// Ends every part that the browser has.
    func ended(in field: [UInt8], from first: Int = 0) -> [String] {
        var present: Set<Int> = first == 0 ? [0] : []
        CookieField.forEachPair(field.span) { place, _ in
            for index in first..<Self.mostParts where CookieField.isEqual(field.span, place, octets[index]) {
                present.insert(index)
            }
        }
        return present.sorted().map { attributes.ended(names[$0]) }
    }

    /// The sealed text, put together; nil when a part is missing or stands twice.
    func text(in field: Span<UInt8>) -> [UInt8]? {
        guard let first = CookieField.value(of: octets[0], in: field), first.count > 2, first[1] == UInt8(ascii: ".")
        else { return nil }
        let count = Int(first[0]) - 0x30
        guard (1...Self.mostParts).contains(count) else { return nil }
        var text = Array(first.dropFirst(2))
        for index in 1..<max(1, count) {
            guard let part = CookieField.value(of: octets[index], in: field) else { return nil }
            text += part
        }
        return text
    }

    func read(_ text: [UInt8]) -> Session? {
        guard let box = Base64URL.decode(text.span), let octets = keys.open(box, for: .session, context: site) else {
            return nil
        }
        return SessionCoding.decode(octets)
    }
}
