// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// A client's redirection endpoint (RFC 6749 §3.1.2, RFC 8252): https anywhere, http on this machine, or a scheme of an installed
/// application that the operator lists.
public struct RedirectURI: Sendable, Hashable, CustomStringConvertible {
    private enum Target: Hashable {
        case web(HTTPURL)
        /// RFC 8252 §7.1.
        case application(scheme: String)
    }

    /// As the client gave it: what is compared, and where the answer goes.
    public let text: String
    private let target: Target

    /// Fails for every other scheme, and for user information, fragments, white space, quotes, and `.` or `..` segments.
    ///
    /// - Parameter applicationSchemes: private-use schemes in lower case. Those that a browser runs or opens itself, such as
    ///   `javascript`, are refused even if listed.
    public init?(_ text: String, applicationSchemes: Set<String> = []) {
        guard text.utf8.count <= 2_000 else { return nil }
        self.text = text
        if let url = try? HTTPURL(text) {
            guard url.scheme == .https || url.isLoopback, !Self.hasDotSegments(url.path),
                !text.utf8.contains(where: { "{}".utf8.contains($0) })
            else { return nil }
            target = .web(url)
        } else {
            guard let scheme = Self.applicationScheme(of: text), applicationSchemes.contains(scheme),
                !Self.dangerousSchemes.contains(scheme)
            else { return nil }
            target = .application(scheme: scheme)
        }
    }

    public var description: String { text }

    /// True for this machine by its address or as `localhost`.
    public var isLoopback: Bool {
        switch target {
        case .web(let url): url.isLoopback
        case .application: false
        }
    }

    /// What a consent page shows: scheme, host and port, or an application's scheme.
    public var origin: String {
        switch target {
        case .web(let url): url.origin
        case .application(let scheme): scheme + ":"
        }
    }

    /// Exact, but for the port of a loopback address, which a native client chooses anew each time (RFC 8252 §7.3).
    public func admits(_ requested: RedirectURI) -> Bool {
        if text.isExactly(requested.text) { return true }
        guard case .web(let mine) = target, case .web(let other) = requested.target else { return false }
        return mine.scheme == .http && mine.isLoopback && other.scheme == .http && mine.host.isExactly(other.host)
            && mine.path.isExactly(other.path) && mine.query == other.query
    }

    /// The URI with parameters added to its query (RFC 6749 §4.1.2).
    public func adding(_ parameters: FormParameters) -> String {
        text + (text.contains("?") ? "&" : "?") + parameters.encoded
    }

    public static func == (a: RedirectURI, b: RedirectURI) -> Bool { a.text.isExactly(b.text) }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    private static let dangerousSchemes: Set<String> = [
        "about", "blob", "chrome", "data", "file", "filesystem", "ftp", "http", "https", "intent", "javascript",
        "mailto", "ms-appx", "vbscript", "view-source", "ws", "wss",
    ]

    private static func applicationScheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !text.utf8.contains(where: { "\"<>\\^`{|}#@".utf8.contains($0) })
        else { return nil }
        let scheme = text[..<colon].lowercased()
        let isWellFormed = scheme.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
        }
        guard isWellFormed, scheme.utf8.first.map({ (0x61...0x7A).contains($0) }) == true else { return nil }
        return scheme
    }

    /// Segments that a browser removes before it goes there.
    private static func hasDotSegments(_ path: String) -> Bool {
        path.split(separator: "/").contains { segment in
            let plain = segment.lowercased().replacing("%2e", with: ".")
            return plain == "." || plain == ".."
        }
    }
}
