// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension Instant {
    /// The UTC date and time of RFC 3339 §5.6 with milliseconds, for example `2026-11-23T06:59:42.123Z`; always 24 octets.
    ///
    /// Years outside 0 … 9999 are clamped, since RFC 3339 cannot write them.
    public var rfc3339: String {
        var bytes: [UInt8] = []
        appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``rfc3339`` as ASCII octets.
    public func appendRFC3339(to out: inout [UInt8]) {
        let clamped = Swift.min(Swift.max(seconds, -62_167_219_200), 253_402_300_799)
        let days = clamped.flooredDivision(by: 86_400)
        let secondOfDay = Int(clamped - days * 86_400)
        // Civil date from day count, proleptic Gregorian calendar, eras of 400 years beginning on 1 March.
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

        out.appendDecimal(Int(year), digits: 4)
        out.append(UInt8(ascii: "-"))
        out.appendDecimal(Int(month), digits: 2)
        out.append(UInt8(ascii: "-"))
        out.appendDecimal(Int(day), digits: 2)
        out.append(UInt8(ascii: "T"))
        out.appendDecimal(secondOfDay / 3_600, digits: 2)
        out.append(UInt8(ascii: ":"))
        out.appendDecimal(secondOfDay / 60 % 60, digits: 2)
        out.append(UInt8(ascii: ":"))
        out.appendDecimal(secondOfDay % 60, digits: 2)
        out.append(UInt8(ascii: "."))
        out.appendDecimal(Int(nanoseconds / 1_000_000), digits: 3)
        out.append(UInt8(ascii: "Z"))
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

extension [UInt8] {
    fileprivate mutating func appendDecimal(_ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
