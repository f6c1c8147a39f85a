// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Where an answer may be sent: https, http on this machine, or a native application's own scheme.
struct DemoRedirectURI: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// `http` on 127.0.0.1, [::1] or localhost, where a program on this machine listens (RFC 8252 §7.3).
        case loopback
        case web
        /// A scheme that an installed application has claimed (RFC 8252 §7.1).
        case application
    }

    let text: String
    let kind: Kind
    let scheme: String
    /// Empty for applications' schemes.
    let authority: String

    /// Nil when nothing may be sent there: other schemes, a fragment, user information, control characters.
    init?(_ text: String) {
        guard text.utf8.count <= 2_000, let colon = text.firstIndex(of: ":"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}#".utf8.contains($0) })
        else { return nil }
        let scheme = text[..<colon].lowercased()
        let rest = text[text.index(after: colon)...]
        let authority = rest.hasPrefix("//") ? String(rest.dropFirst(2).prefix { !"/?".contains($0) }) : ""
        guard !authority.contains("@") else { return nil }
        switch scheme {
        case "https" where !authority.isEmpty: kind = .web
        case "http" where LoopbackAddress.isLoopback(authority: authority): kind = .loopback
        case _ where Self.isApplicationScheme(scheme): kind = .application
        default: return nil
        }
        self.text = text
        self.scheme = scheme
        self.authority = authority
    }

    /// Whether an answer to `requested` may go there, given that this was registered.
    ///
    /// Exact comparison; only the port of a loopback address may differ, since it is chosen at run time (RFC 8252 §7.3).
    func permits(_ requested: DemoRedirectURI) -> Bool {
        if text == requested.text { return true }
        guard kind == .loopback, requested.kind == .loopback else { return false }
        return withoutPort == requested.withoutPort
    }

    /// The URI with parameters added to its query.
    func adding(_ pairs: [(name: String, value: String?)]) -> String {
        text + (text.contains("?") ? "&" : "?") + DemoForm.encode(pairs)
    }

    /// As a person is told of it: scheme and authority without the path.
    var destination: String { kind == .application ? scheme + ":" : scheme + "://" + authority }

    var destinationKind: String {
        switch kind {
        case .loopback: "a program on this computer"
        case .web: "a web site"
        case .application: "an application installed on this computer"
        }
    }

    /// A source expression for Content Security Policy, whose grammar has no IPv6 literals.
    var policySource: String {
        switch kind {
        case .application: scheme + ":"
        case .loopback, .web: authority.hasPrefix("[") ? scheme + ":" : scheme + "://" + authority
        }
    }

    private var withoutPort: String {
        var host = authority
        if let colon = host.lastIndex(of: ":"), host.last != "]" { host = String(host[..<colon]) }
        return scheme + "://" + host.lowercased() + text.dropFirst(scheme.count + 3 + authority.count)
    }

    /// Editors that sign in with a scheme of their own, and schemes named like a domain, as RFC 8252 §7.1 asks for.
    private static func isApplicationScheme(_ scheme: String) -> Bool {
        let known: Set = ["cursor", "vscode", "vscode-insiders", "vscodium", "windsurf", "zed", "claude"]
        let isNamed = scheme.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        return known.contains(scheme) || isNamed && scheme.contains(".") && scheme.first?.isLetter == true
    }
}
