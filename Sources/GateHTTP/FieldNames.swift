// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Tells field names apart by their octets, ignoring case (RFC 9110 §5.1), without allocating.
public enum FieldNames {
    /// The identity of the name at `range`, which must be a token.
    public static func classify(_ bytes: Span<UInt8>, _ range: Range<Int>) -> FieldID {
        let first = Octet.lowercased(bytes[range.lowerBound])
        // Only names that begin with `x` or `h`, or with a character that collapses away, can be identity fields.
        if first == UInt8(ascii: "x") || first == UInt8(ascii: "h") || !Octet.isAlphanumeric(first),
            isIdentity(bytes, range)
        {
            return .identity
        }
        func named(_ name: String) -> Bool { bytes.equalsIgnoringCase(name, at: range) }
        switch (range.count, first) {
        case (2, UInt8(ascii: "t")) where named("te"): return .te
        case (4, UInt8(ascii: "h")) where named("host"): return .host
        case (4, UInt8(ascii: "d")) where named("date"): return .date
        case (4, UInt8(ascii: "v")) where named("vary"): return .vary
        // CGI makes it HTTP_PROXY, which is where many clients look for a proxy.
        case (5, UInt8(ascii: "p")) where named("proxy"): return .proxyConnection
        case (6, UInt8(ascii: "a")) where named("accept"): return .accept
        case (6, UInt8(ascii: "c")) where named("cookie"): return .cookie
        case (6, UInt8(ascii: "e")) where named("expect"): return .expect
        case (6, UInt8(ascii: "o")) where named("origin"): return .origin
        case (6, UInt8(ascii: "s")) where named("server"): return .server
        case (7, UInt8(ascii: "t")) where named("trailer"): return .trailer
        case (7, UInt8(ascii: "u")) where named("upgrade"): return .upgrade
        case (8, UInt8(ascii: "l")) where named("location"): return .location
        case (8, UInt8(ascii: "m")) where named("mcp-name"): return .mcpName
        case (9, UInt8(ascii: "f")) where named("forwarded"): return .forwarded
        case (9, UInt8(ascii: "x")) where named("x-real-ip"): return .xRealIP
        case (10, UInt8(ascii: "c")) where named("connection"): return .connection
        case (10, UInt8(ascii: "k")) where named("keep-alive"): return .keepAlive
        case (10, UInt8(ascii: "s")) where named("set-cookie"): return .setCookie
        case (10, UInt8(ascii: "t")) where named("tracestate"): return .tracestate
        case (10, UInt8(ascii: "m")) where named("mcp-method"): return .mcpMethod
        case (11, UInt8(ascii: "t")) where named("traceparent"): return .traceparent
        case (11, UInt8(ascii: "x")) where named("x-zumo-auth"): return .zumoAuth
        case (12, UInt8(ascii: "c")) where named("content-type"): return .contentType
        case (12, UInt8(ascii: "x")) where named("x-request-id"): return .requestID
        case (13, UInt8(ascii: "a")) where named("authorization"): return .authorization
        case (13, UInt8(ascii: "c")) where named("cache-control"): return .cacheControl
        case (13, UInt8(ascii: "l")) where named("last-event-id"): return .lastEventID
        case (14, UInt8(ascii: "c")) where named("content-length"): return .contentLength
        case (14, UInt8(ascii: "m")) where named("mcp-session-id"): return .mcpSessionID
        case (14, UInt8(ascii: "s")) where named("sec-fetch-mode"): return .secFetchMode
        case (14, UInt8(ascii: "s")) where named("sec-fetch-site"): return .secFetchSite
        case (14, UInt8(ascii: "h")) where named("http2-settings"): return .http2Settings
        case (16, UInt8(ascii: "c")) where named("content-encoding"): return .contentEncoding
        case (16, UInt8(ascii: "p")) where named("proxy-connection"): return .proxyConnection
        case (16, UInt8(ascii: "w")) where named("www-authenticate"): return .wwwAuthenticate
        case (17, UInt8(ascii: "t")) where named("transfer-encoding"): return .transferEncoding
        case (18, UInt8(ascii: "p")) where named("proxy-authenticate"): return .proxyAuthenticate
        case (19, UInt8(ascii: "p")) where named("proxy-authorization"): return .proxyAuthorization
        case (20, UInt8(ascii: "m")) where named("mcp-protocol-version"): return .mcpProtocolVersion
        case (15..., UInt8(ascii: "a")) where begins(bytes, range, "access-control-"):
            return accessControl(bytes, range)
        case (_, UInt8(ascii: "p")) where begins(bytes, range, "proxy-"): return .proxyConnection
        case (_, UInt8(ascii: "x")): return extensionField(bytes, range)
        default: return isForwarding(bytes, range) ? .xRealIP : .other
        }
    }

    /// The identity of a request's name that is no known one as it stands, but may be read as one.
    ///
    /// Gateway interfaces turn every character but letters and digits into one and the same (RFC 3875 §4.1.18), so that
    /// `Content.Length` or `X--Forwarded-For` becomes the real one behind the gate (defence D13).
    static func classifyOdd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> FieldID {
        var collapsed: [UInt8] = []
        for i in range {
            if Octet.isAlphanumeric(bytes[i]) {
                collapsed.append(bytes[i])
            } else if let last = collapsed.last, last != UInt8(ascii: "-") {
                collapsed.append(UInt8(ascii: "-"))
            }
        }
        guard !collapsed.isEmpty else { return .other }
        return classify(collapsed.span, 0..<collapsed.count) == .other ? .other : .ambiguousName
    }

    /// Names that say where a request came from or went to, under the many spellings that proxies use.
    private static func extensionField(_ bytes: Span<UInt8>, _ range: Range<Int>) -> FieldID {
        func named(_ name: String) -> Bool { bytes.equalsIgnoringCase(name, at: range) }
        if begins(bytes, range, "x-forwarded-") {
            if named("x-forwarded-for") { return .xForwardedFor }
            if named("x-forwarded-proto") { return .xForwardedProto }
            if named("x-forwarded-host") { return .xForwardedHost }
            if named("x-forwarded-port") { return .xForwardedPort }
            if named("x-forwarded-uri") || named("x-forwarded-path") || named("x-forwarded-method") {
                return .pathOverride
            }
            return .xForwardedPrefix
        }
        if begins(bytes, range, "x-original-") || begins(bytes, range, "x-rewrite-")
            || begins(bytes, range, "x-http-method")
            || named("x-method-override") || named("x-envoy-original-path") || named("x-accel-redirect")
        {
            return .pathOverride
        }
        return isForwarding(bytes, range) ? .xRealIP : .other
    }

    private static func isForwarding(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 11, range.count <= 24 else { return false }
        return bytes.equalsIgnoringCase("x-client-ip", at: range)
            || bytes.equalsIgnoringCase("true-client-ip", at: range)
            || bytes.equalsIgnoringCase("cf-connecting-ip", at: range)
            || bytes.equalsIgnoringCase("fastly-client-ip", at: range)
            || bytes.equalsIgnoringCase("x-cluster-client-ip", at: range)
            || bytes.equalsIgnoringCase("x-envoy-external-address", at: range)
    }

    private static func accessControl(_ bytes: Span<UInt8>, _ range: Range<Int>) -> FieldID {
        if bytes.equalsIgnoringCase("access-control-request-method", at: range) { return .accessControlRequestMethod }
        if bytes.equalsIgnoringCase("access-control-request-headers", at: range) { return .accessControlRequestHeaders }
        return .accessControlAnswer
    }

    private static func begins(_ bytes: Span<UInt8>, _ range: Range<Int>, _ prefix: String) -> Bool {
        let length = prefix.utf8.count
        return range.count >= length
            && bytes.equalsIgnoringCase(prefix, at: range.lowerBound..<(range.lowerBound + length))
    }

    /// Defence D13: in lower case and with each run of non-alphanumerics as one hyphen, the name begins with `x-ms-` or
    /// `http-x-ms-`, or is that stem alone.
    static func isIdentity(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var collapsed: [5 of UInt8] = .init(repeating: 0)
        var length = 0
        var isSkippingPrefix = true
        var i = range.lowerBound
        // The optional `http` and whatever hyphens stand around it.
        while i < range.upperBound, !Octet.isAlphanumeric(bytes[i]) { i += 1 }
        if range.upperBound - i > 4, bytes.equalsIgnoringCase("http", at: i..<(i + 4)),
            !Octet.isAlphanumeric(bytes[i + 4])
        {
            i += 4
            while i < range.upperBound, !Octet.isAlphanumeric(bytes[i]) { i += 1 }
        }
        while i < range.upperBound, length < 5 {
            if Octet.isAlphanumeric(bytes[i]) {
                collapsed[length] = Octet.lowercased(bytes[i])
                length += 1
                isSkippingPrefix = false
            } else if !isSkippingPrefix, collapsed[length - 1] != UInt8(ascii: "-") {
                collapsed[length] = UInt8(ascii: "-")
                length += 1
            }
            i += 1
        }
        return length >= 4 && collapsed[0] == UInt8(ascii: "x") && collapsed[1] == UInt8(ascii: "-")
            && collapsed[2] == UInt8(ascii: "m") && collapsed[3] == UInt8(ascii: "s")
            && (length == 4 || collapsed[4] == UInt8(ascii: "-"))
    }
}
