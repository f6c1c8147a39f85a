// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A client's redirection endpoint (RFC 6749 §3.1.2, RFC 8252): https anywhere, or http on this machine.
public struct RedirectURI: Sendable, Hashable, CustomStringConvertible {
    public let text: String
    private let url: HTTPURL

    /// Fails for anything but https and loopback http; no user information, fragment, white space or `..` segments.
    public init?(_ text: String) {
        guard let url = try? HTTPURL(text), url.scheme == .https || url.isLoopback,
            !url.path.split(separator: "/").contains("..")
        else { return nil }
        self.text = text
        self.url = url
    }

    public var description: String { text }
    public var isLoopback: Bool { url.isLoopback }
    /// What a consent page shows: scheme, host and port.
    public var origin: String { url.origin }

    /// Exact, but for the port of a loopback address, which a native client chooses anew each time (RFC 8252 §7.3).
    public func admits(_ requested: RedirectURI) -> Bool {
        if text.utf8.elementsEqual(requested.text.utf8) { return true }
        return url.isLoopback && requested.url.isLoopback && url.scheme == requested.url.scheme
            && url.host == requested.url.host
            && url.path.utf8.elementsEqual(requested.url.path.utf8) && url.query == requested.url.query
    }
}
