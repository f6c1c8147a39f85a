// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
package import GateOAuth

/// Where a sign-in or sign-out may lead (defence D25; Easy Auth's `post_login_redirect_uri` and `allowedExternalRedirectUrls`).
///
/// A text is judged as a browser would take it, and anything that needs a browser's leniency is refused: white space, controls,
/// backslashes, characters outside ASCII, an authority without a scheme, a scheme without an authority.
package struct ReturnTarget: Sendable {
    package enum Resolved: Sendable, Hashable {
        /// On this site: begins with one slash; may have a query and a fragment.
        case path(String)
        /// Elsewhere, as the operator listed it.
        case external(String)
        case refused
    }

    /// Octets; with more the cookie of a sign-in would not fit, and the query is left out.
    private static let longest = 2_000
    private static let neverListed = ["javascript", "data", "blob", "vbscript", "file", "about", "http", "https"]

    private let publicURL: HTTPURL
    private let prefix: String
    private let logoutEndpoint: String?
    private let sites: [HTTPURL]
    /// Entries with a scheme of their own, without their query: `myapp://easyauth.callback`.
    private let applications: [String]

    /// - Parameters:
    ///   - prefix: Easy Auth's `apiPrefix`; nothing leads back into its sign-in or sign-out.
    ///   - allowedExternal: entries that are neither URLs nor have a scheme of their own are of no effect.
    package init(publicURL: HTTPURL, prefix: String, logoutEndpoint: String? = nil, allowedExternal: [String]) {
        self.publicURL = publicURL
        self.logoutEndpoint = logoutEndpoint?.lowercased()
        self.prefix = prefix
        sites = allowedExternal.compactMap { try? HTTPURL($0) }
        applications = allowedExternal.compactMap { entry in
            Self.applicationScheme(of: entry) == nil ? nil : Self.withoutQuery(entry)
        }
    }

    /// - Parameter text: nil leads to the page that says that one is signed in.
    package func resolve(_ text: String?) -> Resolved {
        guard let text, !text.isEmpty else { return .path("\(prefix)/login/done") }
        guard text.utf8.count <= 16_384, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>".utf8.contains($0) })
        else { return .refused }
        // Browsers send a backslash in a query as it is; anywhere else they take it for a slash.
        if text.hasPrefix("/") { return path(text) }
        guard !text.utf8.contains(UInt8(ascii: "\\")) else { return .refused }
        if Self.applicationScheme(of: text) != nil {
            let isListed = !text.contains("#") && applications.contains { $0.isExactly(Self.withoutQuery(text)) }
            return isListed && text.utf8.count <= Self.longest ? .external(text) : .refused
        }
        let (address, fragment) = Self.split(text, at: "#")
        guard let url = try? HTTPURL(address) else { return .refused }
        if url.origin.isExactly(publicURL.origin) {
            let rest = (url.path.isEmpty ? "/" : url.path) + (url.query.map { "?\($0)" } ?? "")
            return path(rest + fragment)
        }
        guard text.utf8.count <= Self.longest, sites.contains(where: { Self.covers($0, url) }) else { return .refused }
        return .external(text)
    }

    // MARK: this site

    private func path(_ text: String) -> Resolved {
        let bare = String(text.prefix { $0 != "?" && $0 != "#" })
        guard let plain = FormParameters.decode(bare.replacing("+", with: "%2B")) else { return .refused }
        // A path that begins with two slashes, also once escapes are decoded or dots taken away, is somebody's authority.
        for form in [bare, plain] {
            guard !form.hasPrefix("//"), !Self.withoutDots(form).hasPrefix("//"), !form.contains("\\") else {
                return .refused
            }
        }
        let merged = plain.split(separator: "/", omittingEmptySubsequences: true).joined(separator: "/")
        let lower = Self.withoutDots("/" + merged).lowercased()
        if lower == logoutEndpoint { return .refused }
        for endpoint in ["login", "logout"] {
            let place = "\(prefix.lowercased())/\(endpoint)"
            let isDone = lower == "\(place)/done" || lower == "\(place)/complete"
            if !isDone, lower == place || lower.hasPrefix(place + "/") { return .refused }
        }
        if text.utf8.count <= Self.longest { return .path(text) }
        return bare.utf8.count <= Self.longest ? .path(bare) : .path("/")
    }

    /// RFC 3986 §5.2.4.
    private static func withoutDots(_ path: String) -> String {
        var segments: [Substring] = []
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, part) in parts.enumerated() {
            switch part {
            case ".": if index == parts.count - 1 { segments.append("") }
            case "..":
                _ = segments.popLast()
                if index == parts.count - 1 { segments.append("") }
            default: segments.append(part)
            }
        }
        return "/" + segments.joined(separator: "/")
    }

    // MARK: elsewhere

    /// The same origin, and the entry's path or one below it; queries are ignored.
    private static func covers(_ entry: HTTPURL, _ url: HTTPURL) -> Bool {
        guard entry.origin.isExactly(url.origin) else { return false }
        let base = entry.path.hasSuffix("/") ? String(entry.path.dropLast()) : entry.path
        guard let plain = FormParameters.decode(url.path.replacing("+", with: "%2B")) else { return false }
        let path = withoutDots(url.path.isEmpty ? "/" : plain)
        return base.isEmpty || path.isExactly(base) || path.hasPrefix(base + "/")
    }

    /// The scheme of `scheme://…` that is an application's own, in lower case.
    private static func applicationScheme(of text: String) -> String? {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        let isScheme =
            scheme.utf8.first.map { (0x61...0x7A).contains($0) } ?? false
            && scheme.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E].contains($0)
            }
        return isScheme && !neverListed.contains(scheme) ? scheme : nil
    }

    private static func withoutQuery(_ text: String) -> String { String(text.prefix { $0 != "?" }) }

    private static func split(_ text: String, at mark: Character) -> (String, String) {
        guard let index = text.firstIndex(of: mark) else { return (text, "") }
        return (String(text[..<index]), String(text[index...]))
    }
}
