// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
public import GateTime

/// What a verified JWT must claim to be taken as an access token for us (RFC 9068 §4, RFC 8725 §3.8 to §3.12).
///
/// ```swift
/// let checks = ClaimChecks(issuer: .exactly(["https://login.example"]), audiences: ["https://mcp.example/mcp"])
/// try checks.validate(try JWTClaims(token.payload), header: token.header, at: now)
/// ```
public struct ClaimChecks: Sendable {
    /// Which issuers are ours.
    public enum IssuerRule: Sendable {
        /// One of these, code point by code point.
        case exactly(Set<String>)
        /// Whatever the function says, for providers whose issuer names the tenant.
        case matching(@Sendable (_ issuer: String, _ claims: JWTClaims) -> Bool)
    }

    public var issuer: IssuerRule
    /// At least one of them must be in `aud`.
    public var audiences: Set<String>
    /// What clocks may differ; 60 s at most.
    public let leeway: Duration
    /// The accepted values of `typ`, without `application/`, in any case; see ``accessTokenTypes``.
    public var types: Set<String>
    /// Whether a token without `typ` is refused.
    public var requiresType: Bool
    /// Whether a token that bears the marks of an ID token (`nonce`, `at_hash`, `c_hash`) is refused.
    public var refusesIDTokens: Bool
    /// Further claims that must be there and not be null.
    public var requiredClaims: Set<String>

    /// `JWT` and `at+jwt`.
    public static let accessTokenTypes: Set<String> = ["JWT", "at+jwt"]
    public static let maximumLeeway = Duration.seconds(60)

    public init(
        issuer: IssuerRule,
        audiences: Set<String>,
        leeway: Duration = ClaimChecks.maximumLeeway,
        types: Set<String> = ClaimChecks.accessTokenTypes,
        requiresType: Bool = false,
        refusesIDTokens: Bool = true,
        requiredClaims: Set<String> = []
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.leeway = min(max(leeway, .zero), Self.maximumLeeway)
        self.types = types
        self.requiresType = requiresType
        self.refusesIDTokens = refusesIDTokens
        self.requiredClaims = requiredClaims
    }

    /// Returns when every check holds at `now`.
    public func validate(_ claims: JWTClaims, header: JWSHeader, at now: Instant) throws(JOSEError) {
        try checkKind(claims, header)
        guard let claimed = claims.issuer, isOurs(claimed, claims) else {
            throw JOSEError(.issuer, "the token is from another issuer")
        }
        guard claims.audiences.contains(where: { offered in audiences.contains { $0.isExactly(offered) } }) else {
            throw JOSEError(.audience, "the token is for another audience")
        }
        try checkTime(claims, now)
        for name in requiredClaims where claims[name] == nil || claims[name] == .null {
            throw JOSEError(.claims, "the token lacks a required claim")
        }
    }

    private func isOurs(_ claimed: String, _ claims: JWTClaims) -> Bool {
        switch issuer {
        case .exactly(let issuers): issuers.contains { $0.isExactly(claimed) }
        case .matching(let matches): matches(claimed, claims)
        }
    }

    private func checkTime(_ claims: JWTClaims, _ now: Instant) throws(JOSEError) {
        guard let expiresAt = claims.expiresAt else { throw JOSEError(.claims, "the token has no exp claim") }
        guard now - leeway < expiresAt else { throw JOSEError(.expired, "the token has expired") }
        if let notBefore = claims.notBefore, now + leeway < notBefore {
            throw JOSEError(.notYetValid, "the token is not valid yet")
        }
        if let issuedAt = claims.issuedAt, now + leeway < issuedAt {
            throw JOSEError(.notYetValid, "the token was issued in the future")
        }
    }

    /// JWTs of other kinds, signed by the same keys, are not access tokens (RFC 8725 §3.11, §3.12).
    private func checkKind(_ claims: JWTClaims, _ header: JWSHeader) throws(JOSEError) {
        if let type = header.type {
            let short = Self.mediaType(type)
            guard types.contains(where: { Self.mediaType($0).isExactly(short) }) else {
                throw JOSEError(.tokenType, "the token's typ is not that of an access token")
            }
        } else if requiresType {
            throw JOSEError(.tokenType, "the token has no typ")
        }
        guard claims["cnf"] == nil else {
            throw JOSEError(.tokenType, "the token is bound to a key and does not work as a bearer token")
        }
        guard claims["events"]?.object?["http://schemas.openid.net/event/backchannel-logout"] == nil else {
            throw JOSEError(.tokenType, "the token is a logout token")
        }
        // Amazon Cognito says what a token is for in `token_use`, Keycloak in the claim `typ`.
        for name in ["token_use", "typ"] {
            guard let kind = claims[name] else { continue }
            guard case .string(let text) = kind else { throw JOSEError(.claims, "\(name) is not a text") }
            let lower = Self.lowercased(text)
            if Self.otherKinds.contains(lower) { throw JOSEError(.tokenType, "the token is no access token") }
            if refusesIDTokens, Self.idTokenKinds.contains(lower) {
                throw JOSEError(.tokenType, "the token is an ID token")
            }
        }
        guard refusesIDTokens else { return }
        for name in ["nonce", "at_hash", "c_hash"] where claims[name] != nil {
            throw JOSEError(.tokenType, "the token is an ID token")
        }
    }

    private static let otherKinds: Set = ["refresh", "refresh_token", "offline", "logout", "logout_token"]
    private static let idTokenKinds: Set = ["id", "id_token", "serialized-id"]

    private static func lowercased(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// The media type in lower case, without `application/` where that may be left out (RFC 7515 §4.1.9).
    private static func mediaType(_ type: String) -> String {
        let lower = lowercased(type)
        let prefix = "application/"
        guard lower.utf8.starts(with: prefix.utf8) else { return lower }
        let rest = lower.dropFirst(prefix.count)
        return rest.utf8.contains(UInt8(ascii: "/")) ? lower : String(rest)
    }
}
