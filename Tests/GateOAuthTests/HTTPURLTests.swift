// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateTestKit
import Testing

@Suite("HTTP URLs")
struct HTTPURLTests {
    @Test("a URL is taken apart once (RFC 3986 §3)")
    func parts() throws {
        let url = try HTTPURL("HTTPS://Login.Example.:8443/a/B%2fc?x=/y?z")
        #expect(url.scheme == .https && url.host == "login.example." && url.port == 8_443 && url.explicitPort == 8_443)
        #expect(url.path == "/a/B%2fc" && url.query == "x=/y?z")
        #expect(url.origin == "https://login.example.:8443" && url.authority == "login.example.:8443")
        #expect(url.description == "https://login.example.:8443/a/B%2fc?x=/y?z")
        #expect(try HTTPURL("http://h").path == "" && HTTPURL("http://h?q").query == "q")
        #expect(try HTTPURL("http://h?").query == "")
    }

    @Test(
        "an origin has no default port (RFC 6454 §6.2)",
        arguments: [
            ("https://h:443/x", "https://h"), ("http://h:80", "http://h"), ("http://h:443", "http://h:443"),
            ("https://[2001:DB8::1]:443", "https://[2001:db8::1]"), ("http://[::1]:8080/", "http://[::1]:8080"),
            ("https://127.0.0.1:80", "https://127.0.0.1:80"),
        ])
    func origins(_ text: String, _ origin: String) throws {
        #expect(try HTTPURL(text).origin == origin)
    }

    @Test(
        "what another reader could read otherwise is no URL here",
        arguments: [
            "", "h", "//h/x", "/x", "ftp://h", "javascript:alert(1)", "https:/h", "https:h", "https:///x", "https://",
            "https://?q", "https://h#f", "https://h/#", "https://u@h", "https://u:p@h/", "https://h:", "https://h:0",
            "https://h:65536", "https://h:+80", "https://h:000080", "https://h: 80", "https://h:80:81",
            "https://h\\x", "https://h/\\x", " https://h", "https://h ", "https://h/a b", "https://h/\t",
            "https://h/\n",
            "https://h/é", "https://é/", "https://h/\"", "https://h/<x>", "https://h/%", "https://h/%2",
            "https://h/%zz",
            "https://h%2fx/", "https://a..b/", "https://.h/", "https://-.-*/", "https://h,x/", "https://h;x/",
            "https://127.1/", "https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://2130706433/",
            "https://0x7f000001/",
            "https://127.0.0.01/", "https://127.0.0.256/", "https://1.2.3.4.5/", "https://a.b.0x/", "https://h.1/",
            "https://[::1/", "https://::1/", "https://[::1]x/", "https://[]/", "https://[1:2]/", "https://[:::]/",
            "https://[1::2::3]/", "https://[::12345]/", "https://[::1%25eth0]/", "https://[1:2:3:4:5:6:7:8:9]/",
            "https://[::1.2.3]/", "https://[1.2.3.4::]/", "https://[1:2:3:4:5:6:7::8]/", "https://[v1.a]/",
            "https://[::1]:80x/",
        ])
    func refused(_ text: String) {
        #expect(throws: HTTPURL.ParseError.self) { try HTTPURL(text) }
    }

    @Test("names have labels of at most 63 and 253 octets in all, and a URL at most 8 KiB")
    func lengths() throws {
        let label = String(repeating: "a", count: 63)
        #expect(throws: Never.self) { try HTTPURL("https://\(label).\(label)/") }
        #expect(throws: HTTPURL.ParseError.self) { try HTTPURL("https://\(label)a/") }
        let path = String(repeating: "a", count: HTTPURL.maximumBytes - "https://h/".count)
        #expect(throws: Never.self) { try HTTPURL("https://h/" + path) }
        #expect(throws: HTTPURL.ParseError.self) { try HTTPURL("https://h/a" + path) }
    }

    @Test(
        "loopback by its text alone",
        arguments: [
            ("http://localhost:1/", true), ("http://LOCALHOST/", true), ("http://127.0.0.1", true),
            ("http://127.255.255.254", true), ("http://[::1]/", true), ("http://localhost.evil.example/", false),
            ("http://127.0.0.1.evil.example/", false), ("http://128.0.0.1", false), ("http://0.0.0.0/", false),
            ("http://[::]/", false), ("http://[::ffff:127.0.0.1]/", false), ("http://localhost./", false),
        ])
    func loopback(_ text: String, _ isLoopback: Bool) throws {
        #expect(try HTTPURL(text).isLoopback == isLoopback)
    }

    @Test(
        "addresses in every allowed form (RFC 4291 §2.2)",
        arguments: [
            "[::]", "[1::]", "[::1]", "[1:2:3:4:5:6:7:8]", "[1::8]", "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]",
            "[1:2:3:4:5:6:7::]",
            "[2001:DB8::aBcD]", "1.2.3.4", "0.0.0.0", "x_y.example", "1a", "xn--4ca", "a-b.c-d",
        ])
    func hosts(_ host: String) {
        #expect(throws: Never.self) { try HTTPURL("https://\(host)/") }
    }

    @Test("what is accepted is accepted again as itself, and unchanged from then on")
    func stable() throws {
        var generator = SeededGenerator(seed: 0x7572_6C73)
        let pieces = [
            "https://", "http://", "a", ".", "1", ":", "80", "[", "]", "::", "/", "?", "%41", "%", "@", "#", "B", "-",
        ]
        var accepted = 0
        for _ in 0..<50_000 {
            let count = Int.random(in: 1...6, using: &generator)
            let text = "https://" + (0..<count).compactMap { _ in generator.pick(pieces) }.joined()
            guard let url = try? HTTPURL(text) else { continue }
            accepted += 1
            #expect(try HTTPURL(url.description).description == url.description)
            #expect(try HTTPURL(url.origin).origin == url.origin)
        }
        #expect(accepted > 1_000)
    }
}

@Suite("Identifiers and secrets")
struct IdentifierTests {
    @Test("identifiers are compared code point by code point (RFC 3986 §6.2.1)")
    func exact() {
        #expect(ClientID("K") != ClientID("\u{212A}"))
        #expect(IssuerURL("https://h/é") != IssuerURL("https://h/e\u{301}"))
        #expect(IssuerURL("https://h") != IssuerURL("https://h/"))
        #expect(Set([ResourceIndicator("a"), ResourceIndicator("a")]).count == 1)
    }

    @Test("a secret does not print itself, whichever way it is printed")
    func secrets() {
        let secret = Secret("hunter2")
        struct Holder { let secret: Secret }
        for text in [
            "\(secret)", String(reflecting: secret), "\([secret])", String(describing: Holder(secret: secret)),
        ] {
            #expect(!text.contains("hunter2"))
        }
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(secret == Secret("hunter2") && secret != Secret("hunter3") && secret != Secret("hunter22"))
        #expect(Secret("é") != Secret("e\u{301}"))
        #expect(!"\(BearerToken(Array("hunter2".utf8)))".contains("hunter2"))
    }

    @Test("SCP-09: a scope holds scope tokens only, each once, in order (RFC 6749 §3.3)")
    func scopes() {
        #expect(Scope(parsing: " b  a b ").tokens == ["b", "a"])
        #expect(Scope(tokens: ["a b", "a\"", "\\", "é", "", "a\n", "ok"]).tokens == ["ok"])
        #expect(Scope(parsing: "a b") == Scope(parsing: "b a"))
        #expect(Scope(tokens: ["a", "b"]).union(["c", "a"]).formatted == "a b c")
        #expect(Scope(parsing: "a b").isSuperset(of: ["a"]) && !Scope(parsing: "ab").isSuperset(of: ["a"]))
        #expect(Scope(parsing: "a\tb").isEmpty)
    }
}
