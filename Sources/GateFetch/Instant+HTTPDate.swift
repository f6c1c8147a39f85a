// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateTime

extension Instant {
    /// Reads the IMF-fixdate of RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`; the obsolete forms are not read.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", parts[0].hasSuffix(",") else { return nil }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard let month = months.firstIndex(of: String(parts[2])), time.count == 3,
            let day = Instant.number(parts[1], digits: 2), let year = Instant.number(parts[3], digits: 4),
            let hour = Instant.number(time[0], digits: 2), let minute = Instant.number(time[1], digits: 2),
            let second = Instant.number(time[2], digits: 2)
        else { return nil }
        self.init(
            civilYear: year, month: Int64(month) + 1, day: day, secondOfDay: hour * 3_600 + minute * 60 + second)
    }

    /// Reads RFC 3339 §5.6 with `Z` or a numeric offset; a fraction is dropped.
    package init?(rfc3339 text: String) {
        let octets = Array(text.utf8)
        guard octets.count >= 20, octets[4] == 0x2D, octets[7] == 0x2D, octets[10] == 0x54 || octets[10] == 0x20,
            octets[13] == 0x3A, octets[16] == 0x3A
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            Instant.number(Substring(decoding: octets[range], as: UTF8.self), digits: range.count)
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var rest = 19
        if octets[rest] == 0x2E {
            rest += 1
            while rest < octets.count, (0x30...0x39).contains(octets[rest]) { rest += 1 }
        }
        var offset: Int64 = 0
        if octets.count == rest + 6, octets[rest] == 0x2B || octets[rest] == 0x2D, octets[rest + 3] == 0x3A {
            guard let hours = number(rest + 1..<rest + 3), let minutes = number(rest + 4..<rest + 6) else { return nil }
            offset = (hours * 3_600 + minutes * 60) * (octets[rest] == 0x2B ? 1 : -1)
        } else {
            guard octets.count == rest + 1, octets[rest] == 0x5A || octets[rest] == 0x7A else { return nil }
        }
        guard (1...12).contains(month) else { return nil }
        self.init(
            civilYear: year, month: month, day: day, secondOfDay: hour * 3_600 + minute * 60 + second - offset)
    }

    /// Proleptic Gregorian calendar, eras of 400 years beginning on 1 March.
    private init?(civilYear year: Int64, month: Int64, day: Int64, secondOfDay: Int64) {
        guard (1...31).contains(day), (-86_400...172_800).contains(secondOfDay), year >= 1 else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(seconds: (era * 146_097 + dayOfEra - 719_468) * 86_400 + secondOfDay)
    }

    private static func number(_ text: Substring, digits: Int) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
