// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateJSON
import GateTestKit
import Testing

@Suite("HTTP/1.1 request vectors of others")
struct CorpusTests {
    /// Rows judged otherwise here, each with its reason.
    private static let deviations: [String: String] = [
        "http11probe/NORM-UNDERSCORE-CL": "the field is dropped, which is as good (D13)",
        "http11probe/NORM-UNDERSCORE-TE": "the field is dropped, which is as good (D13)",
        "http11probe/COMP-405-ALLOW": "which methods a resource has is for the upstream to say",
        "http11probe/COMP-UNKNOWN-METHOD": "which methods a resource has is for the upstream to say",
        "http11probe/COMP-UPGRADE-INVALID-VER": "the WebSocket version is for the upstream to judge",
        "http11probe/COMP-HTTP12-VERSION": "505 is allowed, and only 1.0 and 1.1 are known here",
        "llhttp/connection/2": "octets after the last request are never read: the connection closes",
        "llhttp/content-length/15": "the vector leaves its body out",
        "llhttp/invalid/3": "any method that is a token goes on (RFC 9110 §9.1)",
        "llhttp/invalid/13": "any method that is a token goes on (RFC 9110 §9.1)",
        "llhttp/method/4": "`*` is for OPTIONS only (RFC 9112 §3.2.4)",
        "llhttp/pipelining/0": "no empty line stands before a request line",
        "llhttp/sample/8": "no empty line stands before a request line",
        "llhttp/sample/14": "no empty line stands before a request line",
        "llhttp/sample/2": "its Host is no host",
        "llhttp/sample/3": "its Host is no host",
        "llhttp/sample/9": "HTTP/0.9 is not served",
        "llhttp/transfer-encoding/19": "no fragment stands in a target, no coding but chunked is known (D11)",
        "llhttp/transfer-encoding/20": "no fragment stands in a target, no coding but chunked is known (D11)",
        "llhttp/uri/0": "quotes do not stand in a path (RFC 3986 §3.3)",
        "llhttp/uri/2": "absolute-form needs a path and the Host's authority",
        "llhttp/uri/3": "absolute-form needs a path and the Host's authority",
        "llhttp/uri/5": "absolute-form needs a path and the Host's authority",
        "llhttp/uri/9": "absolute-form needs a path and the Host's authority",
        "llhttp/uri/7": "no fragment stands in a target (RFC 9112 §3.2)",
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
