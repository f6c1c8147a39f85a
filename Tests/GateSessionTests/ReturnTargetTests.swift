// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateSession
import GateTestKit
import Testing

/// Where a sign-in may lead (defence D25).
@Suite("Return targets (D25)")
struct ReturnTargetTests {
    private static func target(_ allowed: [String] = []) throws -> ReturnTarget {
        ReturnTarget(publicURL: try HTTPURL("https://m.example"), prefix: "/.auth", allowedExternal: allowed)
    }

    @Test(
        "pages of this site are returned to",
        arguments: [
            ("/", "/"), ("/a/b?c=d&e=//f#g", "/a/b?c=d&e=//f#g"), ("https://m.example", "/"),
            ("https://m.example/x?y#z", "/x?y#z"), ("HTTPS://M.example:443/x", "/x"), ("/.auth/me", "/.auth/me"),
            ("/.auth/login/done", "/.auth/login/done"), ("/login", "/login"), ("/a|b{c}?d=^`", "/a|b{c}?d=^`"),
            ("/a?b=\\c", "/a?b=\\c"),
            ("/%7Euser/a%20b", "/%7Euser/a%20b"), ("/.authentic/login", "/.authentic/login"),
        ])
    func own(_ text: String, _ path: String) throws {
        #expect(try Self.target().resolve(text) == .path(path))
    }

    @Test("without a wish the page that says so is shown", arguments: [nil, ""])
    func none(_ text: String?) throws {
        #expect(try Self.target().resolve(text) == .path("/.auth/login/done"))
    }

    @Test(
        "whatever a browser would take elsewhere is refused (D25)",
        arguments: [
            "//evil.example", "///evil.example", "//evil.example/../../x", "//evil.example/..",
            "//evil.example/%2e%2e/x",
            "//a/../..//b", "/%2Fevil.example/../..", "///../x", "/\\evil.example", "\\\\evil.example",
            "/%09/evil.example/\t",
            "https:evil.example", "https:/evil.example", "https:///evil.example", "http://m.example/",
            "https://evil.example",
            "https://m.example@evil.example/", "https://m.example.evil.example/", "https://m.example:444/",
            "https://m.example\\.evil.example/", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
            "data:text/html,x", "blob:https://m.example/x", " /x", "/x ", "/x\r\nSet-Cookie: a=b", "/x\n", "/\u{0}x",
            "x", "evil.example", "?a=b", "#a", "./x", "../x", "/é", "https://m.exámple/", "/.//evil.example",
            "/a/..//evil.example", "/a/../../..//evil.example", "/%2e%2e//evil.example", "/%2F/evil.example",
            "/%2fevil.example", "/%5cevil.example", "/.%2e//x", "//", "/\t/evil.example", "vbscript:x",
            "file:///etc/passwd",
            "myapp://done", "<script>", "/\"onload=", "/a%zz", "/a%",
        ])
    func refused(_ text: String) throws {
        #expect(try Self.target().resolve(text) == .refused)
    }

    @Test(
        "nothing leads back into signing in or out (D25)",
        arguments: [
            "/.auth/login", "/.auth/login/aad", "/.auth/login/aad/callback?code=x", "/.auth/logout", "/.AUTH/LOGIN/aad",
            "/.auth//login/aad", "/x//../.auth//logout", "/.auth/%6cogin/aad", "/x/../.auth/logout",
            "/.auth/./login/aad", "https://m.example/.auth/logout?x",
        ])
    func loops(_ text: String) throws {
        #expect(try Self.target().resolve(text) == .refused)
    }

    @Test(
        "the operator's own path for signing out is one of those (D25)",
        arguments: ["/bye", "/BYE?x", "/%62ye", "/x/../bye"])
    func logoutEndpoint(_ text: String) throws {
        let target = ReturnTarget(
            publicURL: try HTTPURL("https://m.example"), prefix: "/.auth", logoutEndpoint: "/bye", allowedExternal: [])

        #expect(target.resolve(text) == .refused && target.resolve("/byebye") == .path("/byebye"))
    }

    @Test("what the operator listed is led to: same origin, the path or below it, any query")
    func listed() throws {
        let target = try Self.target(["https://x.example/app", "https://y.example", "myapp://easyauth.callback"])
        for url in [
            "https://x.example/app", "https://x.example/app/", "https://x.example/app/a?b=c#d", "https://y.example/z",
            "https://y.example", "myapp://easyauth.callback", "myapp://easyauth.callback?a=b",
        ] {
            #expect(target.resolve(url) == .external(url))
        }
        for url in [
            "https://x.example/apple", "https://x.example/", "https://x.example/app/../b",
            "https://x.example/app/%2e%2e/b",
            "http://x.example/app", "https://x.example:8443/app", "https://x.example.evil/app", "https://a@y.example/",
            "myapp://easyauth.callback/x", "myapp://other", "myapp:easyauth.callback", "myapp://easyauth.callback#x",
            "otherapp://easyauth.callback",
        ] {
            #expect(target.resolve(url) == .refused, "\(url)")
        }
    }

    @Test(
        "schemes that run something are never listed",
        arguments: ["javascript://x", "data://x", "file://x", "vbscript://x"])
    func neverListed(_ url: String) throws {
        #expect(try Self.target([url]).resolve(url) == .refused)
    }

    @Test("a page with too long a query is returned to without it")
    func long() throws {
        let query = String(repeating: "a", count: 3_000)
        #expect(try Self.target().resolve("/page?\(query)") == .path("/page"))
        #expect(try Self.target().resolve("/\(query)") == .path("/"))
        #expect(try Self.target().resolve("/" + String(repeating: "a", count: 20_000)) == .refused)
    }

    @Test(
        "every entry of the redirect corpus is refused or stays on the site (D25)",
        .enabled(if: Corpora.isPresent("redirects"), "the shared vectors are absent"))
    func corpus() throws {
        let target = try Self.target()
        var count = 0
        for vector in try Corpora.vectors("redirects") {
            guard let url = vector.string("url") else { continue }
            // As it is, with our own host where the entry wants one, and as a query would be decoded.
            for text in [url, url.replacing("ALLOWED.HOST", with: "m.example")] {
                for form in [text, FormParameters.decode(text)].compactMap({ $0 }) {
                    count += 1
                    guard case .path(let path) = target.resolve(form) else { continue }
                    let octets = Array(path.utf8)
                    #expect(
                        octets[0] == UInt8(ascii: "/") && !octets.contains { $0 <= 0x20 || $0 >= 0x7F }, "\(vector.id)")
                    #expect(octets.count == 1 || !"/\\".utf8.contains(octets[1]), "\(vector.id): \(path)")
                }
            }
        }
        #expect(count > 1_000)
    }
}
