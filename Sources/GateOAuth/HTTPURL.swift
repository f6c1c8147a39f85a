// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// An absolute `http` or `https` URL, taken apart once and strictly (RFC 3986 §3, RFC 9110 §4.2).
///
/// No user information, no fragment, no white space, no non-ASCII, no broken escapes, and no host that one resolver takes for a name and
/// another for a number. Scheme and host are in lower case; path and query stay as given.
public struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
    public enum Scheme: String, Sendable { case http, https }

    public struct ParseError: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Longer ones are of no use to any browser, server or log.
    public static let maximumBytes = 8_192

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
        guard octets.count <= Self.maximumBytes else {
            throw ParseError(description: "a URL has at most \(Self.maximumBytes) characters")
        }
        // RFC 3986 §2, but for the braces of templates such as Entra's `{tenantid}`.
        guard octets.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"\\<>^`|".utf8.contains($0) }) else {
            throw ParseError(
                description: "a URL holds neither spaces, controls, quotes, backslashes nor characters outside ASCII")
        }
        guard Self.hasWholeEscapes(octets) else {
            throw ParseError(description: "a percent sign must be followed by two hexadecimal digits")
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
            guard let number = Int(digits), (1...65_535).contains(number), digits.utf8.count <= 5,
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { throw ParseError(description: "\(digits) is not a port") }
            port = number
            host = authority[..<colon]
        }
        if isBracketed {
            host = host.dropFirst()
            guard host.hasSuffix("]"), HTTPHost.isIPv6Address(host.dropLast()) else {
                throw ParseError(description: "expected an IPv6 address in brackets, as in [::1]")
            }
            host = host.dropLast()
        } else {
            guard HTTPHost.isName(host) || HTTPHost.isIPv4Address(host) else {
                throw ParseError(description: "the host is missing or malformed")
            }
        }
        return (host.lowercased(), port)
    }

    private static func hasWholeEscapes(_ octets: [UInt8]) -> Bool {
        func isHex(_ index: Int) -> Bool {
            guard index < octets.count else { return false }
            return (0x30...0x39).contains(octets[index]) || (0x61...0x66).contains(octets[index] | 0x20)
        }
        return octets.indices.allSatisfy { octets[$0] != 0x25 || isHex($0 + 1) && isHex($0 + 2) }
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
        return host.hasPrefix("127.") && HTTPHost.isIPv4Address(host)
    }

    public var description: String { origin + path + (query.map { "?" + $0 } ?? "") }
}
