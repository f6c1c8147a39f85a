// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// How durations, sizes and truth values are written in configuration.
enum Quantities {
    /// `250ms`, `30s`, `5m`, `1h`: a whole number and a unit.
    static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number < 1_000_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return .milliseconds(number)
        case "s": return .seconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3_600)
        case "d": return .seconds(number * 86_400)
        default: return nil
        }
    }

    /// `[d.]hh:mm:ss[.fff]`, as .NET and so authsettingsV2 writes a span of time; the fraction is dropped.
    static func timeSpan(_ text: String) -> Duration? {
        func number(_ text: Substring, below limit: Int64) -> Int64? {
            guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int64(text), number < limit
            else { return nil }
            return number
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let first = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let last = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        guard first.count <= 2, last.count <= 2, let days = first.count == 2 ? number(first[0], below: 36_500) : 0,
            let hours = number(first[first.count - 1], below: 24), let minutes = number(parts[1], below: 60),
            let seconds = number(last[0], below: 60), last.count == 1 || number(last[1], below: .max) != nil
        else { return nil }
        return .seconds(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    }

    static func formatted(_ duration: Duration) -> String {
        let (seconds, fraction) = duration.components
        guard fraction == 0 else {
            return "\(seconds * 1_000 + fraction / 1_000_000_000_000_000)ms"
        }
        if seconds != 0, seconds % 3_600 == 0 { return "\(seconds / 3_600)h" }
        if seconds != 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    /// `32KiB`, `4MiB`, `1GiB`, or a number of octets.
    static func size(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number < 1_000_000_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "", "B": return number
        case "KiB": return number * 1_024
        case "MiB": return number * 1_024 * 1_024
        case "GiB": return number < 1_000_000 ? number * 1_024 * 1_024 * 1_024 : nil
        default: return nil
        }
    }

    static func formatted(size: Int) -> String {
        if size != 0, size % (1_024 * 1_024) == 0 { return "\(size / 1_024 / 1_024)MiB" }
        if size != 0, size % 1_024 == 0 { return "\(size / 1_024)KiB" }
        return "\(size)"
    }

    /// `true` and `false`, in whatever case, as application settings are written; `1` and `0` too.
    static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
    }

    /// The pieces between commas, without the white space around them and without empty ones.
    static func list(_ text: String) -> [String] {
        text.split(separator: ",").compactMap { piece in
            let trimmed = trim(piece)
            return trimmed.isEmpty ? nil : trimmed
        }
    }

    static func trim(_ text: some StringProtocol) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        let head = text.drop(while: isSpace)
        guard let last = head.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(head[...last])
    }
}
