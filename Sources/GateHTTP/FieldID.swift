// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The field names the gate looks at; all others are `other`.
public enum FieldID: UInt8, Sendable {
    case other
    // Framing and connection (RFC 9110 §7, RFC 9112)
    case host, connection, contentLength, transferEncoding, te, trailer, upgrade, keepAlive, expect
    case proxyConnection, proxyAuthenticate, proxyAuthorization, http2Settings
    // Credentials
    case authorization, cookie, zumoAuth
    /// Any name that becomes `x-ms-…` or `http-x-ms-…` once every run of non-alphanumerics is one hyphen (defence D13).
    case identity
    // Content
    case contentType, contentEncoding, accept
    // Browser (Fetch)
    case origin, accessControlRequestMethod, accessControlRequestHeaders, secFetchMode, secFetchSite
    // Forwarding: trusted from listed peers only
    case forwarded, xForwardedFor, xForwardedProto, xForwardedHost, xForwardedPort, xForwardedPrefix, xRealIP
    /// A name with an underscore, which gateway interfaces turn into another name: never forwarded (defence D13).
    case ambiguousName
    /// `X-Original-URL`, `X-Rewrite-URL`, `X-Forwarded-Uri` and their like: never forwarded, never believed.
    case pathOverride
    // MCP
    case mcpSessionID, mcpProtocolVersion, mcpMethod, mcpName, lastEventID
    // Tracing
    case traceparent, tracestate, requestID
    // Answers
    case setCookie, server, date, wwwAuthenticate, vary, cacheControl, location
    /// Any `Access-Control-Allow-…`, `-Expose-…` or `-Max-Age` answer field.
    case accessControlAnswer
}
