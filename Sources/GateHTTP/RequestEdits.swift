// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What ``RequestHeadWriter`` changes when it writes the upstream's head from the client's octets.
///
/// Whatever the edits say, these never go on: hop-by-hop fields and those that `Connection` lists, `identity` fields,
/// `pathOverride` fields, `Expect` once answered, `Proxy-*`, `HTTP2-Settings`, and credentials unless allowed here.
public struct RequestEdits: Sendable {
    /// The path to forward instead of the one received, starting with `/`; nil forwards the received octets.
    public var path: [UInt8]?
    /// Complete lines (each with CRLF) written after the kept ones: identity, forwarding and tracing fields.
    public var appendedLines: [UInt8]
    /// Keeps the client's `Authorization`; off unless the operator asked by name.
    public var forwardsAuthorization: Bool
    /// Names of the gate's own cookies, removed from `Cookie`.
    public var removedCookies: [String]
    /// Keeps `Connection: upgrade` and `Upgrade` (a WebSocket request on a route that allows it).
    public var allowsUpgrade: Bool
    /// Replaces `Host`; nil keeps the client's.
    public var host: [UInt8]?
    /// Drops the client's `Forwarded`, `X-Forwarded-*` and `X-Real-IP` (the peer is not a trusted proxy).
    public var dropsForwarding: Bool

    public init(
        path: [UInt8]? = nil, appendedLines: [UInt8] = [], forwardsAuthorization: Bool = false,
        removedCookies: [String] = [], allowsUpgrade: Bool = false, host: [UInt8]? = nil, dropsForwarding: Bool = true
    ) {
        self.path = path
        self.appendedLines = appendedLines
        self.forwardsAuthorization = forwardsAuthorization
        self.removedCookies = removedCookies
        self.allowsUpgrade = allowsUpgrade
        self.host = host
        self.dropsForwarding = dropsForwarding
    }
}

/// What ``ResponseHeadWriter`` changes when it writes the client's answer head from the upstream's octets.
public struct ResponseEdits: Sendable {
    /// Complete lines (each with CRLF) written after the kept ones: CORS, caching, request id.
    public var appendedLines: [UInt8]
    /// Drops the upstream's `Access-Control-*` fields, because ours are in `appendedLines`.
    public var dropsAccessControl: Bool
    /// Drops the upstream's `WWW-Authenticate`: on a protected resource challenges are the gate's.
    public var dropsChallenges: Bool
    /// Names of the gate's own cookies, which an upstream may not set.
    public var removedCookies: [String]

    public init(
        appendedLines: [UInt8] = [], dropsAccessControl: Bool = false, dropsChallenges: Bool = false,
        removedCookies: [String] = []
    ) {
        self.appendedLines = appendedLines
        self.dropsAccessControl = dropsAccessControl
        self.dropsChallenges = dropsChallenges
        self.removedCookies = removedCookies
    }
}
