// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJSON
import GateOAuth
import GateTime
import Synchronization

/// What a person allowed a client.
struct DemoGrant: Sendable, Hashable {
    var clientID: String
    var user: DemoUser
    /// `aud` of the access tokens.
    var resource: String
    var scope: [String]
    /// OpenID Connect's, for the ID token of the first answer only.
    var nonce: String?
    var signedInAt: Instant
}

/// Authorization codes and refresh tokens in memory; only their digests are kept.
final class DemoGrants: Sendable {
    static let codeLifetime = Duration.seconds(60)
    static let refreshLifetime = Duration.seconds(24 * 3_600)
    /// A client that refreshes twice at once, or lost an answer, may use a replaced token this long.
    static let rotationGrace = Duration.seconds(10)
    private static let most = 1_000

    struct PendingCode: Sendable {
        var grant: DemoGrant
        var redirectURI: String
        var codeChallenge: CodeChallenge
        var expiresAt: Instant
    }

    enum Failure: Error { case unknown, expired, replayed }

    private struct Code {
        var pending: PendingCode
        var family: String
        var isUsed = false
    }

    private struct Family {
        var grant: DemoGrant
        /// More than one only while a client refreshes twice at once.
        var current: [SHA256Digest]
        var previous: [SHA256Digest] = []
        var rotatedAt: Instant
        var expiresAt: Instant
    }

    private struct State {
        var codes: [SHA256Digest: Code] = [:]
        var families: [String: Family] = [:]

        mutating func makeRoom(at now: Instant) {
            if codes.count >= DemoGrants.most { codes = codes.filter { $0.value.pending.expiresAt > now } }
            if codes.count >= DemoGrants.most { codes.removeAll() }
            if families.count >= DemoGrants.most { families = families.filter { $0.value.expiresAt > now } }
            if families.count >= DemoGrants.most,
                let oldest = families.min(by: { $0.value.expiresAt < $1.value.expiresAt })
            {
                families[oldest.key] = nil
            }
        }
    }

    private let state = Mutex(State())

    /// A new code (RFC 6749 §4.1.2).
    func makeCode(for pending: PendingCode, at now: Instant) -> String {
        let code = DemoRandom.token()
        state.withLock { state in
            state.makeRoom(at: now)
            state.codes[Self.digest(code)] = Code(pending: pending, family: DemoRandom.token(bytes: 16))
        }
        return code
    }

    /// Takes a code once. A second try revokes what came of the first (RFC 6749 §4.1.2).
    ///
    /// - Parameter check: throws if the rest of the request does not fit; the code is used up then too.
    /// - Returns: the grant and its first refresh token.
    func redeem(
        code: String, at now: Instant, check: (PendingCode) throws -> Void
    ) throws -> (grant: DemoGrant, refreshToken: String) {
        try state.withLock { state in
            let key = Self.digest(code)
            guard let entry = state.codes[key] else { throw Failure.unknown }
            guard !entry.isUsed else {
                state.families[entry.family] = nil
                throw Failure.replayed
            }
            guard now < entry.pending.expiresAt else { throw Failure.expired }
            state.codes[key]?.isUsed = true
            try check(entry.pending)
            state.makeRoom(at: now)
            let token = entry.family + "." + DemoRandom.token()
            var grant = entry.pending.grant
            let answer = grant
            grant.nonce = nil
            state.families[entry.family] = Family(
                grant: grant, current: [Self.digest(token)], rotatedAt: now, expiresAt: now + Self.refreshLifetime)
            return (answer, token)
        }
    }

    /// Replaces a refresh token. One that was replaced longer ago than the grace ends the whole family (RFC 9700 §4.14.2).
    func refresh(
        _ token: String, at now: Instant, check: (DemoGrant) throws -> Void
    ) throws -> (grant: DemoGrant, refreshToken: String) {
        try state.withLock { state in
            let name = String(token.prefix { $0 != "." })
            guard var family = state.families[name] else { throw Failure.unknown }
            guard now < family.expiresAt else {
                state.families[name] = nil
                throw Failure.expired
            }
            let digest = Self.digest(token)
            let isCurrent = family.current.contains(digest)
            if !isCurrent {
                guard family.previous.contains(digest) else { throw Failure.unknown }
                guard now < family.rotatedAt + Self.rotationGrace, family.current.count < 4 else {
                    state.families[name] = nil
                    throw Failure.replayed
                }
            }
            try check(family.grant)
            let fresh = name + "." + DemoRandom.token()
            if isCurrent {
                family.rotatedAt = now
                family.previous = family.current
                family.current = []
            }
            family.current.append(Self.digest(fresh))
            family.expiresAt = now + Self.refreshLifetime
            state.families[name] = family
            return (family.grant, fresh)
        }
    }

    private static func digest(_ token: String) -> SHA256Digest { SHA256.hash(data: Array(token.utf8)) }
}

/// Unguessable texts.
enum DemoRandom {
    static func token(bytes count: Int = 32) -> String {
        var random = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
}
