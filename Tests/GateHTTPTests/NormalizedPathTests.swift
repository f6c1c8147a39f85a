// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import Testing

/// Defence D15: one canonical path is judged and forwarded; what two parsers could read differently is refused.
@Suite("Paths")
struct NormalizedPathTests {
    private func normalized(_ path: String) throws(HTTPRefusal) -> String {
        text(try GateHTTPTests.normalized(Array(path.utf8)))
    }

    @Test(
        "ambiguous paths are refused",
        arguments: [
            "", "a", "//", "//a", "/a//b", "/.", "/..", "/a/.", "/a/..", "/../a", "/a/../b", "/./a", "/%2e", "/%2E%2e",
            "/a/.%2e/b", "/a/%2e%2E/b", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%5Cb", "/a%00", "/a%0d%0a", "/a%1f",
            "/a%7f", "/a;b", "/a%3bb", "/a/..;/b", "/a%23b", "/a%3Fb", "/%252e", "/a%252fb", "/%25%32%65", "/a%25u002e",
            "/a%", "/a%2", "/a%zz", "/a%u002e", "/%c0%ae", "/%c0%af", "/%e0%80%ae", "/%f0%80%80%ae", "/%c1%9c", "/%80",
            "/%ff", "/%ed%a0%80", "/%f4%90%80%80", "/%ef%bc%8e", "/%ef%bc%8f", "/%ef%bc%bc", "/%e2%80%a4", "/%e2%88%95",
            "/%e2%81%84", "/%e2%80%8b", "/%ef%bb%bf", "/%c2%85", "/%e2%80%ae", "/%c3", "/%e2%82", "/%ef%bc%9b",
            "/%cd%be", "/a b", "/a\"b", "/<",
            "/a|b", "/a^b", "/a`b", "/{a}", "/[a]", "/a#b", "/a?b",
        ])
    func refused(_ path: String) {
        #expect(throws: HTTPRefusal.targetMalformed) { try normalized(path) }
        #expect(!isCanonical(Array(path.utf8)))
    }

    @Test(
        "others have one form: unreserved decoded, escapes in upper case (RFC 3986 §6.2.2)",
        arguments: [
            ("/", "/"), ("/mcp", "/mcp"), ("/mcp/", "/mcp/"), ("/%6dcp", "/mcp"), ("/a%2Db%5f%7E", "/a-b_~"),
            ("/a%20b", "/a%20b"), ("/%c3%a9", "/%C3%A9"), ("/a%2bb", "/a%2Bb"), ("/.well-known/x", "/.well-known/x"),
            ("/...", "/..."), ("/a..b", "/a..b"), ("/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="), ("/100%25", "/100%25"),
            ("/%F0%9f%98%80", "/%F0%9F%98%80"), ("/A", "/A"), ("/%2ewell", "/.well"),
        ])
    func canonical(_ path: String, _ expected: String) throws {
        let result = try normalized(path)

        #expect(result == expected)
        #expect(try normalized(result) == result)
        if isCanonical(Array(path.utf8)) { #expect(path == expected) }
    }

    @Test("every octet, plain and escaped, gives a canonical path or none")
    func octets() throws {
        for octet in UInt8.min...UInt8.max {
            let hex = String(octet, radix: 16)
            for path in [[UInt8(ascii: "/"), 0x61, octet], Array("/a%\(hex.count == 1 ? "0" : "")\(hex)".utf8)] {
                guard let result = try? GateHTTPTests.normalized(path) else {
                    #expect(!isCanonical(path))
                    continue
                }
                #expect(try GateHTTPTests.normalized(result) == result)
                #expect(result.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") })
                if isCanonical(path) { #expect(result == path) }
            }
        }
    }

    @Test(
        "a pattern matches itself, and what lies below it on a segment boundary only",
        arguments: [
            ("/a", "/a", true), ("/a/b", "/a", true), ("/ab", "/a", false), ("/a/", "/a", true), ("/A", "/a", false),
            ("/a/b", "/a/", true), ("/a", "/a/", false), ("/x", "/", true),
        ])
    func matches(_ path: String, _ pattern: String, _ expected: Bool) {
        let bytes = Array(path.utf8)
        let result = NormalizedPath.matches(
            bytes.span, 0..<bytes.count, Array(pattern.utf8), includingBelow: true)

        #expect(result == expected)
    }
}
