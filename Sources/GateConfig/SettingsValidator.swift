// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Finds what is wrong with settings as a whole, once every source has had its say.
///
/// A setting that has been complained about already is left alone, so that one slip is one error.
struct SettingsValidator {
    private(set) var state: LoadState

    static func validate(_ state: inout LoadState) {
        var validator = SettingsValidator(state: state)
        validator.addresses()
        validator.publicURL()
        validator.upstreams()
        validator.resources()
        validator.paths()
        validator.callers()
        validator.runtime()
        validator.providers()
        validator.scopes()
        state = validator.state
    }

    mutating func error(_ path: String, _ message: String, expected: String? = nil, suggestion: String? = nil) {
        guard !state.hasError(at: path) else { return }
        state.report(.error, path, message, expected: expected, suggestion: suggestion)
    }

    mutating func warn(_ path: String, _ message: String, suggestion: String? = nil) {
        state.report(.warning, path, message, suggestion: suggestion)
    }

    mutating func note(_ path: String, _ message: String, suggestion: String? = nil) {
        state.report(.note, path, message, suggestion: suggestion)
    }

    // MARK: Addresses

    private mutating func addresses() {
        let settings = state.settings
        if settings.listen.isEmpty { error("listen", "is empty", expected: ListenAddress.expected) }
        var seen: [ListenAddress] = []
        for (index, text) in settings.listen.enumerated() {
            if text.hasPrefix("unix:") {
                let path = text.dropFirst(5)
                if !path.hasPrefix("/") || path.utf8.count > 103 || path.utf8.contains(0) {
                    error(
                        "listen[\(index)]", "\"\(text)\" is not a socket",
                        expected: "unix:/path, at most 103 octets of path")
                }
                continue
            }
            guard let address = ListenAddress(text) else {
                error("listen[\(index)]", "\"\(text)\" is not an address", expected: ListenAddress.expected)
                continue
            }
            if address.port != 0, seen.contains(address) { error("listen[\(index)]", "\(address) is listed twice") }
            seen.append(address)
        }
        guard let text = settings.operationsListen else { return }
        guard let address = ListenAddress(text) else {
            error(
                "operations.listen", "\"\(text)\" is not an address", expected: "\(ListenAddress.expected), or off")
            return
        }
        if address.port != 0, seen.contains(address) {
            error(
                "operations.listen", "\(address) is what clients connect to",
                suggestion: "metrics are not for everybody: choose another port")
        }
    }

    private mutating func publicURL() {
        guard let url = state.settings.publicURL else {
            error(
                "publicURL", "is missing, and cannot be told from an address that is not loopback",
                expected: "what clients call this server, as in https://mcp.example.com")
            return
        }
        if !url.path.isEmpty && url.path != "/" || url.query != nil {
            error(
                "publicURL", "has a path or a query", expected: "scheme, host and port only, as in \(url.origin)",
                suggestion: "paths belong into resources")
        }
        if url.scheme == .http, !url.isLoopback {
            error(
                "publicURL", "is http, so that tokens would cross the network unprotected", expected: "https",
                suggestion: "TLS may end at a proxy before Gatehouse; the public URL is still https")
        }
    }

    private mutating func upstreams() {
        if state.settings.upstreams.isEmpty {
            error(
                "upstream", "is missing", expected: "where the application is, as in http://127.0.0.1:3000",
                suggestion: "set upstream in gatehouse.yaml, GATEHOUSE_UPSTREAM or --upstream")
        }
        for (index, upstream) in state.settings.upstreams.enumerated() {
            let path = upstreamPath(index)
            if upstream.url.hasPrefix("unix:") {
                let socket = upstream.url.dropFirst(5)
                if !socket.hasPrefix("/") || socket.utf8.contains(0) || socket.utf8.count > 103 {
                    error(path, "is not the path of a socket", expected: "unix:/path, at most 103 octets of path")
                }
            } else {
                url(upstream.url, path, "an http or https URL, or unix:/path")
                if let url = try? HTTPURL(upstream.url), url.query != nil {
                    error(
                        path, "has a query", expected: url.origin + url.path,
                        suggestion: "a path is put before the path that the client asked for")
                }
            }
            for (name, value) in [
                ("connectTimeout", upstream.connectTimeout), ("headTimeout", upstream.headTimeout),
                ("idleTimeout", upstream.idleTimeout),
            ] where value.map({ $0 <= .zero }) ?? false {
                error("upstreams[\(index)].\(name)", "is zero")
            }
            if upstream.certificateAuthority != nil, !upstream.url.lowercased().hasPrefix("https:") {
                warn("upstreams[\(index)].certificateAuthority", "has no effect, since the upstream is not https")
            }
        }
    }

    private func upstreamPath(_ index: Int) -> String {
        index == 0 && state.origins["upstream"] != nil ? "upstream" : "upstreams[\(index)].url"
    }

    @discardableResult
    mutating func url(_ text: String, _ path: String, _ expected: String) -> HTTPURL? {
        do throws(HTTPURL.ParseError) {
            return try HTTPURL(text)
        } catch let failure {
            error(path, failure.description, expected: expected)
            return nil
        }
    }

    // MARK: Paths

    private mutating func resources() {
        var seen: Set<String> = []
        for (index, resource) in state.settings.resources.enumerated() {
            let path = "resources[\(index)].path"
            if let fault = Self.fault(inPath: resource.path) {
                error(path, "\"\(resource.path)\" \(fault)", expected: "a path, as in /mcp")
            }
            let trimmed = resource.path.hasSuffix("/") ? String(resource.path.dropLast()) : resource.path
            if !seen.insert(trimmed).inserted { error(path, "\(resource.path) is the path of another resource") }
            if trimmed == state.settings.apiPrefix || trimmed.hasPrefix(state.settings.apiPrefix + "/") {
                error(path, "is below \(state.settings.apiPrefix), which Gatehouse answers itself")
            }
            guard let identifier = resource.identifier else { continue }
            let isAbsolute = identifier.prefix { $0 != ":" }.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E].contains($0)
            }
            let isPlain = identifier.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && ![0x22, 0x23, 0x5C].contains($0) }
            if !isAbsolute || !isPlain || !identifier.contains(":") {
                error(
                    "resources[\(index)].identifier", "is not an absolute URI without a fragment",
                    expected: "as in https://mcp.example.com/mcp (RFC 8707 section 2)")
            }
        }
    }

    static func fault(inPath path: String) -> String? {
        if !path.hasPrefix("/") { return "does not start with /" }
        if path.contains("//") { return "has an empty segment" }
        if path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) { return "has a dot segment" }
        let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && ![0x22, 0x23, 0x25, 0x3F, 0x5C].contains($0) }
        return isPlain ? nil : "has a query, a fragment, an escape, or characters outside ASCII"
    }

    private mutating func paths() {
        let prefix = state.settings.apiPrefix
        if let fault = Self.fault(inPath: prefix) {
            error("httpSettings.routes.apiPrefix", "\"\(prefix)\" \(fault)", expected: "a path, as in /.auth")
        } else if prefix.utf8.count < 2 || prefix.hasSuffix("/") {
            error("httpSettings.routes.apiPrefix", "is empty, or ends in /", expected: "a path, as in /.auth")
        }
        for (index, path) in state.settings.globalValidation.excludedPaths.enumerated() {
            let place = "globalValidation.excludedPaths[\(index)]"
            let base = path.hasSuffix("/*") ? String(path.dropLast(2)) : path
            if base.isEmpty, path == "/*" {
                warn(place, "excludes everything: every request is let through without a token")
            } else if let fault = Self.fault(inPath: base) {
                error(place, "\"\(path)\" \(fault)", expected: "a path, as in /health or /public/*")
            } else if base.contains("*") {
                error(place, "\"\(path)\" has a * in it", expected: "a * only as the last segment, as in /public/*")
            } else if let open = openedResource(base, includesBelow: path.hasSuffix("/*")) {
                warn(place, "\(path) opens the protected resource \(open): requests for it need no token")
            }
        }
    }

    /// The path of a protected resource that an excluded path covers.
    private func openedResource(_ base: String, includesBelow: Bool) -> String? {
        let declared = state.settings.resources.isEmpty ? ["/mcp"] : state.settings.resources.map(\.path)
        return declared.first { path in
            let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            return trimmed == base || (includesBelow && trimmed.hasPrefix(base + "/"))
        }
    }

    // MARK: Callers

    private mutating func callers() {
        let settings = state.settings
        for (index, origin) in settings.allowedOrigins.enumerated() where !Self.isOrigin(origin) {
            error(
                "allowedOrigins[\(index)]", "\"\(origin)\" is not an origin",
                expected: "scheme, host and port only, as in https://app.example.com",
                suggestion: origin == "*" ? "any page could call with what the user's browser holds" : nil)
        }
        for (index, host) in settings.allowedHosts.enumerated() where ListenAddress("\(host):1") == nil {
            if ListenAddress(host) == nil {
                error(
                    "allowedHosts[\(index)]", "\"\(host)\" is not a host", expected: "a name, as in mcp.example.com")
            }
        }
        for (index, proxy) in settings.trustedProxies.enumerated() where !Self.isNetwork(proxy) {
            error(
                "trustedProxies[\(index)]", "\"\(proxy)\" is not an address",
                expected: "an address or a block, as in 10.0.0.0/8 or fd00::/8")
        }
        if settings.forwardsAuthorization {
            warn(
                "forwardAuthorization", "passes the client's token to the application",
                suggestion: "MCP servers must not pass a client's token on; prefer the identity headers")
        }
    }

    private static func isOrigin(_ text: String) -> Bool {
        if let url = try? HTTPURL(text) { return url.origin == text }
        // Editors and desktop programs have schemes of their own, as in vscode-webview://1ab2c3.
        guard let mark = text.firstRange(of: "://"), !text.hasPrefix("http") else { return false }
        let allowed: (UInt8) -> Bool = {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x3A].contains($0)
        }
        let (scheme, host) = (text[..<mark.lowerBound], text[mark.upperBound...])
        return !scheme.isEmpty && !host.isEmpty && scheme.utf8.allSatisfy(allowed) && host.utf8.allSatisfy(allowed)
    }

    private static func isNetwork(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let width = ConfigurationFiles.addressWidth(String(parts[0])) else { return false }
        guard parts.count == 2 else { return true }
        return Int(parts[1]).map { (0...width).contains($0) } ?? false
    }

    // MARK: Quantities

    private mutating func runtime() {
        let settings = state.settings
        for (name, size, most) in [
            ("headBytes", settings.limits.headBytes, 1_024 * 1_024),
            ("lineBytes", settings.limits.lineBytes, settings.limits.headBytes),
            ("inspectedBodyBytes", settings.limits.inspectedBodyBytes, 1_024 * 1_024 * 1_024),
        ] where !(1_024...max(1_024, most)).contains(size) {
            error(
                "limits.\(name)", "\(Quantities.formatted(size: size)) does not fit",
                expected: "1KiB to \(Quantities.formatted(size: most))")
        }
        for (path, time) in [
            ("timeouts.head", settings.timeouts.head), ("timeouts.idle", settings.timeouts.idle),
            ("timeouts.body", settings.timeouts.body), ("timeouts.writeStall", settings.timeouts.writeStall),
            ("keys.refreshInterval", settings.keys.refreshInterval), ("keys.maximumAge", settings.keys.maximumAge),
        ] where time <= .zero {
            error(path, "is zero")
        }
        if settings.keys.maximumAge < settings.keys.refreshInterval {
            warn("keys.maximumAge", "is shorter than refreshInterval: keys expire before they are refreshed")
        }
    }
}
