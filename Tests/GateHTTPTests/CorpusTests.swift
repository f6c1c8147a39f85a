// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateJSON
import GateTestKit
import Testing

@Suite("HTTP/1.1 request vectors of others")
struct CorpusTests {
    /// Rows judged otherwise here, each with its reason.
    private static let deviations: [String: String] = [:]

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
