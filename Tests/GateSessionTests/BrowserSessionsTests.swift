// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateSession
import GateTime
import Testing

@Suite("Sessions of browsers")
struct BrowserSessionsTests {
    private let now = SessionFixture.now

    @Test("everything about a person survives the cookie")
    func roundTrip() throws {
        let sessions = try SessionFixture.sessions()
        let session = SessionFixture.session()
        let field = SessionFixture.field(try sessions.begin(session, replacing: [], at: now))

        #expect(sessions.current(in: field, at: now) == session)
        let bare = SessionFixture.session(
            Principal(provider: .gitHub, issuer: IssuerURL("https://github.com"), subject: "1"))
        let other = SessionFixture.field(try sessions.begin(bare, replacing: [], at: now))
        #expect(sessions.current(in: other, at: now) == bare)
    }

    @Test(
        "the cookie is for the whole site, out of reach of scripts, and ends with the session",
        arguments: [true, false])
    func attributes(isSecure: Bool) throws {
        let sessions = try SessionFixture.sessions(isSecure: isSecure)
        let cookies = try sessions.begin(SessionFixture.session(), replacing: [], at: now + .seconds(10))

        #expect(cookies.count == 1)
        #expect(cookies[0].hasPrefix("AppServiceAuthSession=1."))
        #expect(cookies[0].contains("; Path=/; Max-Age=3590; HttpOnly;"))
        #expect(cookies[0].contains("; Secure") == isSecure)
        #expect(cookies[0].hasSuffix("; SameSite=Lax"))
        #expect(!cookies[0].contains("Domain"))
    }

    @Test("a session holds before its end and not at it (D24)")
    func expiry() throws {
        let sessions = try SessionFixture.sessions()
        let field = SessionFixture.field(try sessions.begin(SessionFixture.session(), replacing: [], at: now))

        #expect(sessions.current(in: field, at: now + .seconds(3_599)) != nil)
        #expect(sessions.current(in: field, at: now + .seconds(3_600)) == nil)
    }

    @Test("a large session comes in parts, and what was left over from a larger one does no harm")
    func parts() throws {
        let sessions = try SessionFixture.sessions()
        var large = SessionFixture.principal
        large.groups = (0..<60).map { "00000000-0000-0000-0000-\(100_000_000_000 + $0)" }
        let cookies = try sessions.begin(SessionFixture.session(large), replacing: [], at: now)
        #expect(cookies.count == 2 && cookies.allSatisfy { $0.utf8.count < 4_000 })
        #expect(cookies[1].hasPrefix("AppServiceAuthSession1="))
        let field = SessionFixture.field(cookies)
        #expect(sessions.current(in: field, at: now)?.principal.groups.count == 60)

        let small = try sessions.begin(SessionFixture.session(), replacing: field, at: now)
        #expect(small.count(where: { $0.contains("Max-Age=0") }) == cookies.count - 1)
        // Even if the browser kept them all the same.
        let kept = SessionFixture.field([small[0]], after: field)
        #expect(sessions.current(in: kept, at: now)?.principal == SessionFixture.principal)
    }

    @Test("a part that is missing, swapped or another session's is no session (D24)")
    func brokenParts() throws {
        let sessions = try SessionFixture.sessions()
        var large = SessionFixture.principal
        large.groups = (0..<60).map { "00000000-0000-0000-0000-\(100_000_000_000 + $0)" }
        func parts() throws -> [String] {
            try sessions.begin(SessionFixture.session(large), replacing: [], at: now)
                .map { String($0.prefix { $0 != ";" }) }
        }
        let (one, two) = (try parts(), try parts())
        func current(_ pairs: [String]) -> Session? {
            sessions.current(in: Array(pairs.joined(separator: "; ").utf8), at: now)
        }
        #expect(current(one) != nil && current(one.reversed()) != nil)
        for index in one.indices {
            #expect(current(one.enumerated().filter { $0.offset != index }.map(\.element)) == nil)
            #expect(current(one.enumerated().map { $0.offset == index ? two[index] : $0.element }) == nil)
            #expect(current(one + [two[index]]) == nil, "a name that stands twice")
        }
    }

    @Test("groups that are claims, too, take their room once")
    func groupsOnce() throws {
        let sessions = try SessionFixture.sessions()
        var person = SessionFixture.principal
        person.groups = (0..<60).map { "00000000-0000-0000-0000-\(100_000_000_000 + $0)" }
        let apart = try sessions.begin(SessionFixture.session(person), replacing: [], at: now)
        person.claims += person.groups.map { .init(type: "groups", value: $0) }
        person.roles = ["admin", "not a claim"]
        let cookies = try sessions.begin(SessionFixture.session(person), replacing: [], at: now)

        let sizes = [apart, cookies].map { $0.reduce(0) { $0 + $1.utf8.count } }
        #expect(sizes[1] < sizes[0] + 2_500)
        #expect(sessions.current(in: SessionFixture.field(cookies), at: now)?.principal == person)
    }

    @Test("a session too large for any cookie is an error, not half a session")
    func tooLarge() throws {
        let sessions = try SessionFixture.sessions()
        var huge = SessionFixture.principal
        huge.groups = (0..<200).map { "00000000-0000-0000-0000-\(100_000_000_000 + $0)" }

        #expect(throws: SessionTooLarge.self) {
            try sessions.begin(SessionFixture.session(huge), replacing: [], at: now)
        }
    }

    @Test("signing out ends the session for whoever has a copy of its cookie (D24)")
    func signOut() throws {
        let sessions = try SessionFixture.sessions()
        let field = SessionFixture.field(try sessions.begin(SessionFixture.session(), replacing: [], at: now))
        let other = SessionFixture.field(try sessions.begin(SessionFixture.session(), replacing: [], at: now))
        let session = try #require(sessions.current(in: field, at: now))
        #expect(!sessions.hasEnded(session))

        let cookies = sessions.end(in: field, at: now)

        #expect(SessionFixture.field(cookies, after: field).isEmpty)
        #expect(sessions.current(in: field, at: now) == nil && sessions.hasEnded(session))
        #expect(sessions.current(in: other, at: now) != nil)
    }

    @Test("a new sign-in has a new identity and ends the one before (D24)")
    func fixation() throws {
        let sessions = try SessionFixture.sessions()
        let old = SessionFixture.field(try sessions.begin(SessionFixture.session(), replacing: [], at: now))
        let new = SessionFixture.field(
            try sessions.begin(SessionFixture.session(), replacing: old, at: now), after: old)
        let ids = Set((0..<100).map { _ in SessionFixture.session().id })

        #expect(sessions.current(in: old, at: now) == nil && sessions.current(in: new, at: now) != nil)
        #expect(ids.count == 100 && ids.allSatisfy { $0.rawValue.utf8.count == 22 })
    }

    @Test(
        "what is no cookie of ours is no session, whatever it looks like",
        arguments: [
            "", "AppServiceAuthSession", "AppServiceAuthSession=", "AppServiceAuthSession=1.",
            "AppServiceAuthSession=0.AA",
            "AppServiceAuthSession=3.AA", "AppServiceAuthSession=9.AA", "AppServiceAuthSession=1.%41",
            "AppServiceAuthSession=1.A A",
            "appserviceauthsession=1.AAAA", "xAppServiceAuthSession=1.AAAA", ";;;=;=a; ",
            "AppServiceAuthSession=2.AAAA",
            "\u{0}=\u{0}",
        ])
    func junk(_ field: String) throws {
        #expect(try SessionFixture.sessions().current(in: Array(field.utf8), at: now) == nil)
    }

    @Test("a session of another site is none, though that site has the same key")
    func otherSite() throws {
        let staging = try SessionFixture.sessions(site: "https://staging.example")
        let field = SessionFixture.field(try staging.begin(SessionFixture.session(), replacing: [], at: now))

        #expect(staging.current(in: field, at: now) != nil)
        #expect(try SessionFixture.sessions().current(in: field, at: now) == nil)
    }

    @Test("a session that another gate sealed, or that is sealed for something else, is none")
    func foreign() throws {
        let field = SessionFixture.field(
            try SessionFixture.sessions(SessionFixture.keys(50)).begin(SessionFixture.session(), replacing: [], at: now)
        )

        #expect(try SessionFixture.sessions().current(in: field, at: now) == nil)
    }
}
