// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateSession
import GateTime
import Testing

/// State, nonce and code verifier of a sign-in that is under way (defence D22).
@Suite("Sign-ins under way (D22)")
struct SignInCookiesTests {
    private let now = SessionFixture.now

    private func cookies(isSecure: Bool = true, lifetime: Duration = .seconds(600)) throws -> SignInCookies {
        SignInCookies(
            .init(lifetime: lifetime, site: "https://m.example", attributes: CookieAttributes(isSecure: isSecure)),
            keys: try SessionFixture.keys())
    }

    @Test(
        "the session that a sign-in replaces comes along with it, since it does not with a form from another site (D24)"
    )
    func previous() throws {
        let session = SessionFixture.session()
        let attempt = SignInAttempt.begin(
            provider: .entra, returnTarget: "/", redirectURI: "https://m.example/cb", replacing: session, at: now)
        let cookies = try cookies()
        let field = SessionFixture.field(cookies.cookies(for: attempt, in: [], crossSite: true, at: now))
        let found = try #require(cookies.attempt(forState: attempt.state, in: field, at: now))

        #expect(found.previous == .init(id: session.id, expiresAt: session.expiresAt) && found == attempt)
    }

    private func attempt(at now: Instant? = nil) -> SignInAttempt {
        SignInAttempt.begin(
            provider: ProviderID("corp"), returnTarget: "/a?b=c",
            redirectURI: "https://m.example/.auth/login/corp/callback",
            at: now ?? self.now)
    }

    @Test("an attempt comes back whole, by its state only (D22)")
    func roundTrip() throws {
        let cookies = try cookies()
        let attempt = attempt()
        let field = SessionFixture.field(cookies.cookies(for: attempt, in: [], crossSite: false, at: now))

        #expect(cookies.attempt(forState: attempt.state, in: field, at: now) == attempt)
        for state in ["", "x", attempt.state + "x", String(attempt.state.dropLast()), attempt.nonce] {
            #expect(cookies.attempt(forState: state, in: field, at: now) == nil)
        }
        #expect(cookies.attempt(forState: attempt.state, in: [], at: now) == nil, "another browser")
    }

    @Test("state, nonce and verifier are fresh, long and different (D22)")
    func fresh() {
        let all = (0..<200).flatMap { _ in
            let attempt = attempt()
            return [attempt.state, attempt.nonce, attempt.verifier.revealed]
        }
        #expect(Set(all).count == 600)
        #expect(all.allSatisfy { $0.utf8.count >= 22 })
    }

    @Test("over https the cookie is __Host- and Secure; for a form from another site it is SameSite=None (D22)")
    func attributes() throws {
        let cookie = try cookies().cookies(for: attempt(), in: [], crossSite: false, at: now)[0]
        #expect(cookie.hasPrefix("__Host-GatehouseSignIn."))
        #expect(cookie.hasSuffix("; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"))
        let form = try cookies().cookies(for: attempt(), in: [], crossSite: true, at: now)[0]
        #expect(form.hasSuffix("; Secure; SameSite=None"))
        let plain = try cookies(isSecure: false).cookies(for: attempt(), in: [], crossSite: true, at: now)[0]
        #expect(plain.hasPrefix("GatehouseSignIn.") && plain.hasSuffix("; HttpOnly; SameSite=Lax"))
    }

    @Test("an attempt lasts as long as it is told, and is used once, even from a copied cookie (D22)")
    func once() throws {
        let cookies = try cookies()
        let attempt = attempt()
        let field = SessionFixture.field(cookies.cookies(for: attempt, in: [], crossSite: false, at: now))

        #expect(cookies.attempt(forState: attempt.state, in: field, at: now + .seconds(599)) != nil)
        #expect(cookies.attempt(forState: attempt.state, in: field, at: now + .seconds(600)) == nil)
        #expect(cookies.use(attempt, at: now))
        #expect(!cookies.use(attempt, at: now))
        #expect(SessionFixture.field(cookies.expired(attempt), after: field).isEmpty)
    }

    @Test("three at most are live, the newest win; tabs do not disturb each other (D22)")
    func several() throws {
        let cookies = try cookies()
        var field: [UInt8] = []
        var attempts: [SignInAttempt] = []
        for number in 0..<5 {
            let attempt = attempt(at: now + .seconds(number))
            attempts.append(attempt)
            let set = cookies.cookies(for: attempt, in: field, crossSite: false, at: now + .seconds(number))
            field = SessionFixture.field(set, after: field)
        }
        let found = attempts.map { cookies.attempt(forState: $0.state, in: field, at: now + .seconds(9)) != nil }

        #expect(found == [false, false, true, true, true])
        #expect(field.split(separator: UInt8(ascii: ";")).count == 3)
    }

    @Test("a cookie that was changed, or planted under another's name, is no attempt (D22)")
    func tampering() throws {
        let cookies = try cookies()
        let (one, two) = (attempt(), attempt())
        let first = String(cookies.cookies(for: one, in: [], crossSite: false, at: now)[0].prefix { $0 != ";" })
        let second = String(cookies.cookies(for: two, in: [], crossSite: false, at: now)[0].prefix { $0 != ";" })
        let name = first.prefix { $0 != "=" }
        let planted = name + second.drop { $0 != "=" }

        #expect(cookies.attempt(forState: one.state, in: Array(planted.utf8), at: now) == nil)
        #expect(cookies.attempt(forState: one.state, in: Array("\(first); \(planted)".utf8), at: now) == nil)
        #expect(cookies.attempt(forState: one.state, in: Array(first.dropLast(4).utf8), at: now) == nil)
    }
}
