// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// An absolute `http` or `https` URL, taken apart once and strictly (RFC 3986 §3, RFC 9110 §4.2).
///
/// No user information, no fragment, no white space, no non-ASCII. Scheme and host are in lower case; path and query stay as given.
public struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
    public enum Scheme: String, Sendable { case http, https }

    public struct ParseError: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    public let scheme: Scheme
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    public let host: String
    /// As written; nil when left out.
    public let explicitPort: Int?
    /// Empty, or beginning with `/`.
    public let path: String
    /// Without its `?`; nil when there is none.
    public let query: String?

    public init(_ text: String) throws(ParseError) {
        let octets = Array(text.utf8)
        guard octets.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"") })
        else {
            throw ParseError(
                description: "a URL holds neither spaces, controls, quotes, backslashes nor characters outside ASCII")
        }
        guard let colon = text.firstRange(of: "://") else {
            throw ParseError(description: "expected an absolute URL, as in https://example.com/path")
        }
        guard let scheme = Scheme(rawValue: text[..<colon.lowerBound].lowercased()) else {
            throw ParseError(description: "expected the scheme http or https, not \(text[..<colon.lowerBound])")
        }
        let rest = text[colon.upperBound...]
        guard !rest.contains("#") else { throw ParseError(description: "a fragment (#…) is not allowed here") }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        guard !authority.contains("@") else {
            throw ParseError(description: "user information (name@) is not allowed here")
        }
        (host, explicitPort) = try Self.split(authority)
        self.scheme = scheme
        let tail = rest[authorityEnd...]
        if let mark = tail.firstIndex(of: "?") {
            path = String(tail[..<mark])
            query = String(tail[tail.index(after: mark)...])
        } else {
            path = String(tail)
            query = nil
        }
    }

    private static func split(_ authority: Substring) throws(ParseError) -> (String, Int?) {
        var host = authority
        var port: Int?
        let isBracketed = authority.hasPrefix("[")
        if let colon = authority.lastIndex(of: ":"), !isBracketed || authority[..<colon].hasSuffix("]") {
            let digits = authority[authority.index(after: colon)...]
            guard let number = Int(digits), (1...65_535).contains(number),
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { throw ParseError(description: "\(digits) is not a port") }
            port = number
            host = authority[..<colon]
        }
        if isBracketed {
            guard host.hasSuffix("]"), host.count > 3 else {
                throw ParseError(description: "the IPv6 address is not closed")
            }
            host = host.dropFirst().dropLast()
            guard
                host.utf8.allSatisfy({
                    $0 == 0x3A || $0 == 0x2E || (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20)
                })
            else { throw ParseError(description: "\(host) is not an IPv6 address") }
        } else {
            let allowed: (UInt8) -> Bool = {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x2E
                    || $0 == 0x5F
            }
            guard !host.isEmpty, host.utf8.allSatisfy(allowed) else {
                throw ParseError(description: "the host is missing or malformed")
            }
        }
        return (host.lowercased(), port)
    }

    public var port: Int { explicitPort ?? (scheme == .https ? 443 : 80) }

    /// `scheme://host[:port]`, the port left out when it is the scheme's own (RFC 6454 §6.2).
    public var origin: String {
        let isDefault = explicitPort == nil || explicitPort == (scheme == .https ? 443 : 80)
        return "\(scheme.rawValue)://\(bracketedHost)\(isDefault ? "" : ":\(port)")"
    }

    /// What a client puts into `Host`.
    public var authority: String {
        let isDefault = explicitPort == nil || explicitPort == (scheme == .https ? 443 : 80)
        return "\(bracketedHost)\(isDefault ? "" : ":\(port)")"
    }

    private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    /// `localhost`, 127.0.0.0/8 or ::1, by its text alone: no name is resolved.
    public var isLoopback: Bool { Self.isLoopback(host: host) }

    public static func isLoopback(host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    public var description: String { origin + path + (query.map { "?" + $0 } ?? "") }
}
