// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Where an answer may be sent: https, http on this machine, or an installed application's own scheme.
struct DemoRedirectURI: Sendable, Hashable {
    private enum Target: Hashable {
        case web(RedirectURI)
        /// A scheme that an installed application has claimed (RFC 8252 §7.1).
        case application(scheme: String)
    }

    let text: String
    private let target: Target

    /// Nil when nothing may be sent there: other schemes, a fragment, user information, control characters.
    init?(_ text: String) {
        guard text.utf8.count <= 2_000,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}#".utf8.contains($0) })
        else { return nil }
        self.text = text
        if let uri = RedirectURI(text) {
            target = .web(uri)
        } else if let scheme = Self.applicationScheme(of: text) {
            target = .application(scheme: scheme)
        } else {
            return nil
        }
    }

    /// Whether an answer to `requested` may go there, given that this was registered.
    func permits(_ requested: DemoRedirectURI) -> Bool {
        switch (target, requested.target) {
        case (.web(let registered), .web(let wanted)): registered.admits(wanted)
        default: text == requested.text
        }
    }

    /// The URI with parameters added to its query.
    func adding(_ parameters: FormParameters) -> String {
        text + (text.contains("?") ? "&" : "?") + parameters.encoded
    }

    /// As a person is told of it: scheme and authority without the path.
    var destination: String {
        switch target {
        case .web(let uri): uri.origin
        case .application(let scheme): scheme + ":"
        }
    }

    var destinationKind: String {
        switch target {
        case .web(let uri): uri.isLoopback ? "a program on this computer" : "a web site"
        case .application: "an application installed on this computer"
        }
    }

    /// A source expression for Content Security Policy, whose grammar has no IPv6 literals.
    var policySource: String {
        switch target {
        case .web(let uri): uri.origin.contains("[") ? String(uri.origin.prefix { $0 != "/" }) : uri.origin
        case .application(let scheme): scheme + ":"
        }
    }

    /// Editors that sign in with a scheme of their own, and schemes named like a domain, as RFC 8252 §7.1 asks for.
    private static func applicationScheme(of text: String) -> String? {
        let known: Set = ["cursor", "vscode", "vscode-insiders", "vscodium", "windsurf", "zed", "claude"]
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        let isNamed = scheme.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        let isDomain = isNamed && scheme.contains(".") && scheme.first?.isLetter == true
        return known.contains(scheme) || isDomain ? scheme : nil
    }
}
