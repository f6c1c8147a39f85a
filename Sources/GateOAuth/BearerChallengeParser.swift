// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// One challenge of a `WWW-Authenticate` field (RFC 9110 §11.6.1).
public struct AuthenticationChallenge: Sendable, Hashable {
    /// In lower case.
    public var scheme: String
    /// By name in lower case.
    public var parameters: [String: String]

    public struct ParseError: Error, Sendable, Hashable {
        /// Offset of the octet that cannot stand there.
        public let offset: Int
    }

    /// Reads a list of challenges; a parameter may stand only once in each.
    public static func parse(_ fieldValue: String) throws(ParseError) -> [AuthenticationChallenge] {
        var reader = Reader(octets: Array(fieldValue.utf8))
        var challenges: [AuthenticationChallenge] = []
        reader.skipListSeparators()
        while !reader.isAtEnd {
            let scheme = try reader.token()
            var challenge = AuthenticationChallenge(scheme: scheme.lowercased(), parameters: [:])
            if reader.skipSpaces() { try reader.parameters(into: &challenge.parameters) }
            challenges.append(challenge)
            reader.skipListSeparators()
        }
        return challenges
    }

    private struct Reader {
        let octets: [UInt8]
        var position = 0

        var isAtEnd: Bool { position >= octets.count }

        mutating func skipSpaces() -> Bool {
            let start = position
            while !isAtEnd, octets[position] == 0x20 || octets[position] == 0x09 { position += 1 }
            return position > start
        }

        mutating func skipListSeparators() {
            while !isAtEnd, octets[position] == 0x20 || octets[position] == 0x09 || octets[position] == 0x2C {
                position += 1
            }
        }

        mutating func token() throws(ParseError) -> String {
            let start = position
            while !isAtEnd, Self.isToken(octets[position]) { position += 1 }
            guard position > start else { throw ParseError(offset: position) }
            return String(decoding: octets[start..<position], as: UTF8.self)
        }

        /// Parameters until the next challenge begins: a token that no `=` follows.
        mutating func parameters(into parameters: inout [String: String]) throws(ParseError) {
            while !isAtEnd {
                let before = position
                skipListSeparators()
                if isAtEnd { return }
                let start = position
                let name = try token()
                _ = skipSpaces()
                guard !isAtEnd, octets[position] == UInt8(ascii: "=") else {
                    guard !parameters.isEmpty || before != start else { throw ParseError(offset: position) }
                    position = before
                    return
                }
                position += 1
                _ = skipSpaces()
                guard !isAtEnd else { throw ParseError(offset: position) }
                let value = octets[position] == 0x22 ? try quotedString() : try token()
                guard parameters.updateValue(value, forKey: name.lowercased()) == nil else {
                    throw ParseError(offset: start)
                }
            }
        }

        private mutating func quotedString() throws(ParseError) -> String {
            position += 1
            var value: [UInt8] = []
            while !isAtEnd {
                let octet = octets[position]
                position += 1
                if octet == 0x22 { return String(decoding: value, as: UTF8.self) }
                if octet == 0x5C {
                    guard !isAtEnd else { break }
                    value.append(octets[position])
                    position += 1
                } else {
                    guard octet >= 0x20 || octet == 0x09, octet != 0x7F else { throw ParseError(offset: position - 1) }
                    value.append(octet)
                }
            }
            throw ParseError(offset: position)
        }

        private static func isToken(_ octet: UInt8) -> Bool {
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x7C, 0x7E: true
            default: false
            }
        }
    }
}
