// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateJOSE
package import GateJSON
package import GateTime

/// An issuer that makes good access tokens and, on demand, bad ones.
///
/// ```swift
/// let mint = try TokenMint()
/// let good = try mint.token(at: clock.now)
/// let foreign = try mint.token(at: clock.now, claims: ["aud": "https://elsewhere.example"])
/// ```
package struct TokenMint: Sendable {
    package static let defaultIssuer = "https://login.example"
    package static let defaultAudience = "https://mcp.example/mcp"

    package let issuer: String
    package let audience: String
    /// The published keys; the first signs unless another is asked for.
    package let signers: [JWSSigner]

    /// Publishes one RSA and one P-256 key, made once per process and shared by all mints made so.
    package init(issuer: String = defaultIssuer, audience: String = defaultAudience) throws {
        try self.init(issuer: issuer, audience: audience, signers: [Self.sharedRSA.get(), Self.sharedEC.get()])
    }

    package init(issuer: String = defaultIssuer, audience: String = defaultAudience, signers: [JWSSigner]) throws {
        guard !signers.isEmpty else { throw JOSEError(.signing, "a mint needs a key") }
        self.issuer = issuer
        self.audience = audience
        self.signers = signers
    }

    /// A key no mint publishes.
    package static func strangersKey(keyID: String = "ec-1") throws -> JWSSigner {
        try JWSSigner.makeES256(keyID: keyID)
    }

    private static let sharedRSA = Result { try JWSSigner.makeRS256(keyID: "rsa-1") }
    private static let sharedEC = Result { try JWSSigner.makeES256(keyID: "ec-1") }

    /// The JWK Set document; `keys` replaces the published ones.
    package func keySet(of signers: [JWSSigner]? = nil) -> [UInt8] {
        let keys = (signers ?? self.signers).map { JSONValue.object($0.publicJWK) }
        return JSONValue.object(["keys": .array(keys)]).serialized()
    }

    /// The claims of a good token that lives for ten minutes.
    package func claims(at now: Instant) -> JSONObject {
        [
            "iss": .string(issuer),
            "aud": .string(audience),
            "sub": "alice",
            "iat": .number(JSONNumber(now.seconds - 5)),
            "nbf": .number(JSONNumber(now.seconds - 5)),
            "exp": .number(JSONNumber(now.seconds + 600)),
            "jti": "t-1",
            "client_id": "client-1",
            "scope": "mcp.read mcp.write",
        ]
    }

    /// A token with some claims replaced, added, or (nil) left out.
    package func token(
        at now: Instant,
        claims edits: [String: JSONValue?] = [:],
        type: String? = "at+jwt",
        signer: JWSSigner? = nil
    ) throws -> String {
        var claims = claims(at: now)
        for (name, value) in edits.sorted(by: { $0.key < $1.key }) { claims[name] = value }
        return try (signer ?? signers[0]).sign(payload: claims, type: type)
    }

    /// A properly signed token whose header and payload are exactly these octets.
    package func token(header: String, payload: String, signer: JWSSigner? = nil) throws -> String {
        try (signer ?? signers[0]).sign(header: Array(header.utf8), payload: Array(payload.utf8))
    }

    /// The header of a good token with some parameters replaced, added, or (nil) left out, and matching `signer`.
    package func token(
        at now: Instant,
        header edits: [String: JSONValue?],
        claims: JSONObject? = nil,
        signer: JWSSigner? = nil
    ) throws -> String {
        let signer = signer ?? signers[0]
        var header: JSONObject = [
            "alg": .string(signer.algorithm.rawValue), "typ": "at+jwt", "kid": .string(signer.keyID),
        ]
        for (name, value) in edits.sorted(by: { $0.key < $1.key }) { header[name] = value }
        return try signer.sign(
            header: JSONValue.object(header).serialized(),
            payload: JSONValue.object(claims ?? self.claims(at: now)).serialized()
        )
    }

    /// Checks that accept this mint's good tokens and nothing else.
    package var checks: ClaimChecks {
        ClaimChecks(issuer: .exactly([issuer]), audiences: [audience])
    }
}
