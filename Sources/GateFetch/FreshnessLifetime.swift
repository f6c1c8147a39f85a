// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateTime

/// How long an answer says that it stays fresh (RFC 9111 §4.2), its age already taken off.
package struct FreshnessLifetime: Sendable, Hashable {
    /// Nil when the answer says nothing that counts; zero when it must not be kept.
    package var remaining: Duration?

    package init(remaining: Duration?) { self.remaining = remaining }

    /// Reads `Cache-Control`, `Age`, `Date` and `Expires`; values that cannot be read count as absent, and of several
    /// `max-age` the smallest counts. `s-maxage` is for shared caches of many users' answers and is not used.
    package init(fields: [FetchedResponse.Field], receivedAt now: Instant) {
        var maxAge: Int64?
        var forbidsReuse = false
        for directive in fields.values(of: "cache-control").flatMap({ $0.split(separator: ",") }) {
            let parts = directive.split(separator: "=", maxSplits: 1).map { $0.trimmingOWS() }
            let argument = parts.count == 2 ? FreshnessLifetime.seconds(parts[1]) : nil
            switch parts.first?.lowercased() {
            case "no-store", "no-cache": forbidsReuse = true
            case "max-age": if let argument { maxAge = min(maxAge ?? argument, argument) }
            default: continue
            }
        }
        let age = fields.values(of: "age").first.flatMap { FreshnessLifetime.seconds($0.trimmingOWS()) } ?? 0

        if forbidsReuse {
            remaining = .zero
        } else if let maxAge {
            remaining = .seconds(max(0, maxAge - age))
        } else if let expires = fields.values(of: "expires").first {
            // An Expires that is not a date means "already expired" (RFC 9111 §5.3).
            let date = fields.values(of: "date").first.flatMap { Instant(httpDate: $0) } ?? now
            let end = Instant(httpDate: expires) ?? date
            remaining = max(.zero, end.duration(since: date) - .seconds(age))
        } else {
            remaining = nil
        }
    }

    /// Delta-seconds (RFC 9111 §1.2.2): digits only, clamped to 31 bits.
    private static func seconds(_ text: some StringProtocol) -> Int64? {
        let digits = text.hasPrefix("\"") && text.hasSuffix("\"") ? text.dropFirst().dropLast() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return min(Int64(digits) ?? Int64(Int32.max), Int64(Int32.max))
    }
}

extension StringProtocol {
    fileprivate func trimmingOWS() -> String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return String(text)
    }
}
