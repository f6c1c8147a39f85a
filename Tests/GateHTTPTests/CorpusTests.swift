// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateJSON
import GateTestKit
import Testing

@Suite("HTTP/1.1 request vectors of others")
struct CorpusTests {
    /// Rows judged otherwise here, each with its reason.
    private static let deviations: [String: String] = [
        "http11probe/COMP-405-ALLOW": "which methods there are is for the upstream to say; this is well-formed",
        "http11probe/COMP-UNKNOWN-METHOD": "the same",
        "http11probe/COMP-UPGRADE-INVALID-VER": "the handshake's version is for the upstream to judge",
        "http11probe/COMP-HTTP12-VERSION": "only 1.0 and 1.1 are read; the vector is unscored",
        "http11probe/NORM-UNDERSCORE-CL":
            "the scanner marks the name; the gate drops or refuses it (GateCoreTests, d11_d21_http.py)",
        "http11probe/NORM-UNDERSCORE-TE": "the same",
        "llhttp/connection/2": "what follows a request that closes is not read at all",
        "llhttp/content-length/15": "the second request stands where the first one's body should: it is that body",
        "llhttp/invalid/13": "any token is a method",
        "llhttp/invalid/3": "any token is a method",
        "llhttp/method/4": "asterisk-form is for OPTIONS alone (RFC 9112 §3.2.4)",
        "llhttp/pipelining/0": "a body of four octets where the length says three: what follows is no request line",
        "llhttp/sample/14": "one empty line before a request is skipped by the handler, not by the scanner",
        "llhttp/sample/8": "the same",
        "llhttp/sample/2": "0.0.0.0=5000 is no host",
        "llhttp/sample/3": "the same",
        "llhttp/sample/9": "HTTP/0.9 is not served",
        "llhttp/transfer-encoding/19": "a fragment in the target, and a coding besides chunked",
        "llhttp/transfer-encoding/20": "the same",
        "llhttp/uri/0": "quotes and backslashes are not allowed in a target (RFC 3986 §3.3)",
        "llhttp/uri/2": "absolute-form without a path: nothing to forward as it stands",
        "llhttp/uri/3": "the same",
        "llhttp/uri/5": "the same",
        "llhttp/uri/7": "a fragment in the target",
        "llhttp/uri/9": "user information in the target",
    ]

    private func check(_ name: String, addsHost: Bool = false, skip: (Corpora.Vector) -> Bool) throws -> Int {
        var scored = 0
        for vector in try Corpora.vectors(name) where !skip(vector) {
            guard let octets = vector.base64("request_b64") else { continue }
            let reading = Reading(octets, addsHost: addsHost)
            let agrees: Bool
            switch vector.expected {
            case .accept: agrees = reading.isAccepted
            case .reject, .rejectOrNormalise: agrees = !reading.isAccepted
            case .info: continue
            }
            scored += 1
            let deviates = Self.deviations[vector.id] != nil
            #expect(
                agrees != deviates,
                "\(vector.id) expected \(vector.expected), \(reading); \(vector.why); \(text(octets).debugDescription)")
        }
        return scored
    }

    @Test(
        "Http11Probe's requests are accepted and refused as RFC 9112 says",
        .enabled(if: Corpora.isPresent("http11probe"), "the shared vectors are absent"))
    func http11probe() throws {
        let scored = try check("http11probe") { vector in
            // The source page abbreviates these octets.
            vector.object["meta"]?.object?["placeholder"]?.bool == true
        }
        #expect(scored == 126)
    }

    @Test(
        "llhttp's requests are accepted and refused as its strict mode does",
        .enabled(if: Corpora.isPresent("llhttp_requests"), "the shared vectors are absent"))
    func llhttp() throws {
        // It is a parser: whether there is a Host is not its business.
        let scored = try check("llhttp_requests", addsHost: true) { _ in false }
        #expect(scored == 109)
    }
}
