// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import Testing

/// Defences D8, D11 and D21: heads that two parsers could read differently are refused.
@Suite("Requests that are refused")
struct RequestRefusalTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let octets: String
        let refusal: HTTPRefusal
        init(_ octets: String, _ refusal: HTTPRefusal) {
            self.octets = octets
            self.refusal = refusal
        }
        var testDescription: String { octets.debugDescription }
    }

    /// A request with these lines after `Host`.
    private static func post(_ lines: String) -> String { "POST / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n" }

    @Test(
        "framing that can be read in two ways (RFC 9112 §6; D11)",
        arguments: [
            Row(post("Content-Length: 3\r\nTransfer-Encoding: chunked"), .framingAmbiguous),
            Row(post("Transfer-Encoding: chunked\r\nContent-Length: 3"), .framingAmbiguous),
            Row(post("Content-Length: 3\r\nContent-Length: 3"), .framingAmbiguous),
            Row(post("Content-Length: 3\r\nContent-Length: 4"), .framingAmbiguous),
            Row(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), .framingAmbiguous),
            Row(post("Content-Length: 3, 3"), .contentLengthMalformed),
            Row(post("Content-Length: +3"), .contentLengthMalformed),
            Row(post("Content-Length: -3"), .contentLengthMalformed),
            Row(post("Content-Length: 0x3"), .contentLengthMalformed),
            Row(post("Content-Length: 3 3"), .contentLengthMalformed),
            Row(post("Content-Length: 3."), .contentLengthMalformed),
            Row(post("Content-Length: 1_0"), .contentLengthMalformed),
            Row(post("Content-Length:"), .contentLengthMalformed),
            Row(post("Content-Length: 18446744073709551617"), .contentLengthMalformed),
            Row(post("Content-Length: 9223372036854775808"), .contentLengthMalformed),
            Row(post("Transfer-Encoding: gzip, chunked"), .transferCodingUnsupported),
            Row(post("Transfer-Encoding: chunked, chunked"), .transferCodingUnsupported),
            Row(post("Transfer-Encoding: chunked, identity"), .transferCodingUnsupported),
            Row(post("Transfer-Encoding: xchunked"), .transferCodingUnsupported),
            Row(post("Transfer-Encoding: chunked;a=b"), .transferCodingUnsupported),
            Row(post("Transfer-Encoding: \u{000B}chunked"), .fieldValueRefused),
            Row(post("Transfer-Encoding: \"chunked\""), .transferCodingUnsupported),
            Row(post("Transfer-Encoding: identity"), .transferCodingUnsupported),
            Row(post("Transfer-Encoding:"), .transferCodingUnsupported),
            Row(
                "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", .framingAmbiguous),
        ])
    func framing(_ row: Row) { #expect(verdict(row.octets) == .refused(row.refusal)) }

    @Test(
        "line ends, folding, names and values that are not exactly RFC 9112's (§2.2, §5; D11)",
        arguments: [
            Row("GET / HTTP/1.1\nHost: a\n\n", .requestLineMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", .fieldValueRefused),
            Row("GET / HTTP/1.1\r\nHost: a\r\n\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", .fieldValueRefused),
            Row("GET / HTTP/1.1\r\nHost: a\r\n\rX", .fieldMalformed),
            Row("GET / HTTP/1.1\rHost: a\r\n\r\n", .requestLineMalformed),
            Row("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLineMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\nNoColon\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\nX@Y: z\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\nX\u{0000}: z\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\nXé: z\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0000}b\r\n\r\n", .fieldValueRefused),
            Row("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0001}b\r\n\r\n", .fieldValueRefused),
            Row("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{007F}b\r\n\r\n", .fieldValueRefused),
            Row("GET / HTTP/1.1\r\nHost: a\r\nConnection: a b\r\n\r\n", .fieldMalformed),
            Row("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", .expectationUnknown),
        ])
    func lines(_ row: Row) { #expect(verdict(row.octets) == .refused(row.refusal)) }

    @Test(
        "request lines and targets (RFC 9112 §3)",
        arguments: [
            Row("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLineMalformed),
            Row("GET /\r\nHost: a\r\n\r\n", .targetMalformed),
            Row("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .requestLineMalformed),
            Row("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", .versionUnsupported),
            Row("GET / HTTP/1.2\r\nHost: a\r\n\r\n", .versionUnsupported),
            Row("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .versionUnsupported),
            Row("GET / http/1.1\r\nHost: a\r\n\r\n", .versionUnsupported),
            Row("GET / HTTP/01.1\r\nHost: a\r\n\r\n", .versionUnsupported),
            Row("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLineMalformed),
            Row(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLineMalformed),
            Row("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .requestLineMalformed),
            Row("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", .targetMalformed),
            Row("GET /#f HTTP/1.1\r\nHost: a\r\n\r\n", .targetMalformed),
            Row("GET /\u{00E9} HTTP/1.1\r\nHost: a\r\n\r\n", .targetMalformed),
            Row("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .targetMalformed),
            Row("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .targetMalformed),
            Row("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .targetMalformed),
            Row("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostMalformed),
            Row("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostMalformed),
            Row("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", .targetMalformed),
            Row("get / HTTP/1.1\r\nHost: a\r\n\r\n", .methodRefused),
            Row("Head / HTTP/1.1\r\nHost: a\r\n\r\n", .methodRefused),
            Row("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", .methodRefused),
            Row("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .methodRefused),
        ])
    func requestLine(_ row: Row) { #expect(verdict(row.octets) == .refused(row.refusal)) }

    @Test(
        "a missing, double or odd Host (RFC 9110 §7.2; D11)",
        arguments: [
            Row("GET / HTTP/1.1\r\n\r\n", .hostMissing),
            Row("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .hostRepeated),
            Row("GET / HTTP/1.1\r\nHost:\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: a:\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: a:0\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: []\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: a%2f\r\n\r\n", .hostMalformed),
            Row("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .hostMalformed),
        ])
    func host(_ row: Row) { #expect(verdict(row.octets) == .refused(row.refusal)) }

    @Test("hosts that are names, addresses and ports", arguments: ["a", "a.example:8080", "127.0.0.1:1", "[::1]:443"])
    func goodHost(_ host: String) { #expect(verdict("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .complete) }

    @Test(
        "fields that may stand once only (D8)",
        arguments: [
            "Content-Type: a/b", "Origin: https://a", "Mcp-Session-Id: 1", "Mcp-Name: x",
            "Mcp-Method: x", "MCP-Protocol-Version: 2025-06-18", "X-ZUMO-AUTH: a", "Expect: 100-continue",
            "X-Forwarded-Proto: https", "X-Forwarded-Host: a", "X-Forwarded-Port: 1", "Upgrade: websocket",
        ])
    func repeated(_ line: String) {
        #expect(verdict(Self.post("\(line)\r\n\(line)")) == .refused(.fieldRepeated))
        #expect(verdict(Self.post("\(line)\r\n\(line.lowercased())")) == .refused(.fieldRepeated))
        #expect(verdict(Self.post(line)) == .complete)
    }

    @Test("a second credential has a refusal of its own, so that it can be answered as RFC 6750 §3.1 asks (D8)")
    func repeatedCredential() {
        #expect(
            verdict(Self.post("Authorization: Bearer a\r\nauthorization: Basic b")) == .refused(.credentialRepeated))
    }

    @Test("D14: Connection lists a few names, not thousands that each field would be compared with")
    func manyOptions() {
        func list(_ count: Int) -> String { (0..<count).map { "x\($0)" }.joined(separator: ",") }
        #expect(verdict(Self.post("Connection: \(list(32))")) == .complete)
        #expect(verdict(Self.post("Connection: \(list(33))")) == .refused(.fieldValueRefused))
        #expect(
            verdict(Self.post("Connection: \(list(20))\r\nConnection: \(list(20))")) == .refused(.fieldValueRefused))
        #expect(answerVerdict("HTTP/1.1 200 OK\r\nConnection: \(list(33))\r\n\r\n") == .refused(.fieldValueRefused))
    }

    @Test("limits: a head of 32 KiB, 100 fields, lines of 8 KiB (D21)")
    func limits() {
        let host = "GET / HTTP/1.1\r\nHost: a\r\n"
        func with(fields: Int) -> String { host + (1..<fields).map { "X-\($0): y\r\n" }.joined() + "\r\n" }
        func with(line length: Int) -> String { host + "X: " + String(repeating: "y", count: length - 3) + "\r\n\r\n" }
        let many = String(repeating: "X: " + String(repeating: "y", count: 4_000) + "\r\n", count: 9)

        #expect(verdict(with(fields: 100)) == .complete)
        #expect(verdict(with(fields: 101)) == .refused(.tooManyFields))
        #expect(verdict(with(line: 8_192)) == .complete)
        #expect(verdict(with(line: 8_193)) == .refused(.lineTooLong))
        #expect(verdict(host + many + "\r\n") == .refused(.headTooLarge))
        #expect(verdict("GET /" + String(repeating: "a", count: 8_000) + " HTTP/1.1\r\n") == .refused(.targetTooLong))
        // Without an end in sight, too.
        #expect(verdict(host + "X: " + String(repeating: "y", count: 9_000)) == .refused(.lineTooLong))
        #expect(verdict(host + String(repeating: "y", count: 9_000)) == .refused(.lineTooLong))
        #expect(verdict(String(repeating: "G", count: 9_000)) == .refused(.lineTooLong))
    }

    @Test("a head that is too large because of its token is a bad token (D2)")
    func tokenTooLarge() {
        let token = String(repeating: "t", count: 40_000)
        let head = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)"

        #expect(verdict(head) == .refused(.credentialTooLarge))
        #expect(verdict(head + "\r\n\r\n") == .refused(.credentialTooLarge))
        let allowed = String(repeating: "t", count: 17_000)
        #expect(verdict("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(allowed)\r\n\r\n") == .complete)
    }
}
