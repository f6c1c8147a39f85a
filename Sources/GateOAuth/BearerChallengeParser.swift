// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Reads the grammar of RFC 9110 §11.6.1: `#( auth-scheme [ 1*SP ( token68 / #auth-param ) ] )`.
///
/// The comma separates both challenges and parameters. What follows one is a parameter when a token and `=` stand there, and a new
/// challenge otherwise.
struct BearerChallengeParser {
    typealias ParseError = AuthenticationChallenge.ParseError

    private var position = 0

    mutating func challenges(_ octets: Span<UInt8>) throws(ParseError) -> [AuthenticationChallenge] {
        var challenges: [AuthenticationChallenge] = []
        _ = skipSeparators(octets)
        while position < octets.count {
            challenges.append(try challenge(octets))
            let end = position
            guard skipSeparators(octets) || position == octets.count else { throw ParseError(offset: end) }
        }
        return challenges
    }

    private mutating func challenge(_ octets: Span<UInt8>) throws(ParseError) -> AuthenticationChallenge {
        var challenge = AuthenticationChallenge(scheme: try token(octets).lowercased())
        guard skipSpaces(octets) else { return challenge }
        if let token68 = token68(octets) {
            challenge.token68 = token68
            return challenge
        }
        guard try parameter(into: &challenge, octets) else { return challenge }
        while true {
            let end = position
            guard skipSeparators(octets), position < octets.count, try parameter(into: &challenge, octets) else {
                position = end
                return challenge
            }
        }
    }

    /// Takes one parameter; false, and nothing taken, where none stands.
    private mutating func parameter(
        into challenge: inout AuthenticationChallenge, _ octets: Span<UInt8>
    ) throws(ParseError) -> Bool {
        let start = position
        guard position < octets.count, Self.isToken(octets[position]) else { return false }
        let name = try token(octets).lowercased()
        _ = skipSpaces(octets)
        guard position < octets.count, octets[position] == UInt8(ascii: "=") else {
            position = start
            return false
        }
        position += 1
        _ = skipSpaces(octets)
        guard position < octets.count else { throw ParseError(offset: position) }
        let value = octets[position] == UInt8(ascii: "\"") ? try quotedString(octets) : try token(octets)
        guard challenge.parameters.updateValue(value, forKey: name) == nil else { throw ParseError(offset: start) }
        return true
    }

    /// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, if that is all up to the next comma.
    private mutating func token68(_ octets: Span<UInt8>) -> String? {
        var end = position
        while end < octets.count, Self.isToken68(octets[end]) { end += 1 }
        guard end > position else { return nil }
        while end < octets.count, octets[end] == UInt8(ascii: "=") { end += 1 }
        var next = end
        while next < octets.count, Self.isSpace(octets[next]) { next += 1 }
        guard next == octets.count || octets[next] == UInt8(ascii: ",") else { return nil }
        defer { position = end }
        return text(octets, position..<end)
    }

    private mutating func token(_ octets: Span<UInt8>) throws(ParseError) -> String {
        let start = position
        while position < octets.count, Self.isToken(octets[position]) { position += 1 }
        guard position > start else { throw ParseError(offset: position) }
        return text(octets, start..<position)
    }

    private mutating func quotedString(_ octets: Span<UInt8>) throws(ParseError) -> String {
        position += 1
        var value: [UInt8] = []
        while position < octets.count {
            var octet = octets[position]
            position += 1
            if octet == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            if octet == UInt8(ascii: "\\") {
                guard position < octets.count else { break }
                octet = octets[position]
                position += 1
            }
            guard octet >= 0x20 || octet == 0x09, octet < 0x7F else { throw ParseError(offset: position - 1) }
            value.append(octet)
        }
        throw ParseError(offset: position)
    }

    private mutating func skipSpaces(_ octets: Span<UInt8>) -> Bool {
        let start = position
        while position < octets.count, Self.isSpace(octets[position]) { position += 1 }
        return position > start
    }

    /// White space and commas; true when there was a comma.
    private mutating func skipSeparators(_ octets: Span<UInt8>) -> Bool {
        var hasComma = false
        while position < octets.count, Self.isSpace(octets[position]) || octets[position] == UInt8(ascii: ",") {
            hasComma = hasComma || octets[position] == UInt8(ascii: ",")
            position += 1
        }
        return hasComma
    }

    private func text(_ octets: Span<UInt8>, _ range: Range<Int>) -> String {
        var copy: [UInt8] = []
        for index in range { copy.append(octets[index]) }
        return String(decoding: copy, as: UTF8.self)
    }

    private static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }

    private static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x7C, 0x7E: true
        default: false
        }
    }

    private static func isToken68(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x2B, 0x2F: true
        default: false
        }
    }
}
