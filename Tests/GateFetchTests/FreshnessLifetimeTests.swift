// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateOAuth
import GateTestKit
import GateTime
import Testing

@Suite("Freshness (RFC 9111 §4.2)")
struct FreshnessLifetimeTests {
    typealias Field = FetchedResponse.Field

    @Test(
        "how long an answer stays fresh",
        arguments: [
            ([], nil),
            ([Field("Cache-Control", "max-age=600")], 600),
            ([Field("Cache-Control", "public, MAX-AGE=600, must-revalidate")], 600),
            ([Field("Cache-Control", "max-age=600"), Field("Age", "100")], 500),
            ([Field("Cache-Control", "max-age=600"), Field("Age", "700")], 0),
            ([Field("Cache-Control", "max-age=600"), Field("Cache-Control", "no-store")], 0),
            ([Field("Cache-Control", "no-cache")], 0),
            ([Field("Cache-Control", "max-age=\"60\"")], 60),
            ([Field("Cache-Control", "max-age=-1")], nil),
            ([Field("Cache-Control", "max-age=1e3")], nil),
            ([Field("Cache-Control", "max-age=99999999999999999999")], 2_147_483_647),
            ([Field("Cache-Control", "max-age=60"), Field("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")], 60),
            ([Field("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), Field("Expires", "Sun, 06 Nov 1994 08:59:37 GMT")], 600),
            ([Field("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), Field("Expires", "Sun, 06 Nov 1994 08:00:00 GMT")], 0),
            ([Field("Expires", "0")], 0),
            ([Field("Expires", "Mon, 23 Nov 2026 00:01:00 GMT")], 60),
        ] as [([Field], Int?)])
    func lifetime(_ fields: [Field], _ seconds: Int?) {
        let freshness = FetchedResponse(status: 200, fields: fields).freshness(receivedAt: FixedClock.start)

        #expect(freshness.remaining == seconds.map { .seconds($0) })
    }

    @Test(
        "dates",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000), ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("junk", nil),
            ("", nil),
            ("Sun, 06 Nov 1994 08:49:37 UTC", nil),
        ] as [(String, Int64?)])
    func httpDates(_ text: String, _ seconds: Int64?) {
        #expect(Instant(httpDate: text)?.seconds == seconds)
    }

    @Test(
        "RFC 3339 dates",
        arguments: [
            ("1994-11-06T08:49:37Z", 784_111_777), ("1994-11-06T09:49:37+01:00", 784_111_777),
            ("1994-11-06T08:49:37.123Z", 784_111_777), ("1994-11-06T03:49:37-05:00", 784_111_777), ("1994-11-06", nil),
            ("1994-13-06T08:49:37Z", nil), ("1994-11-06T08:49:37", nil), ("1994-11-06T08:49:37+0100", nil),
        ] as [(String, Int64?)])
    func rfc3339(_ text: String, _ seconds: Int64?) {
        #expect(Instant(rfc3339: text)?.seconds == seconds)
    }

    @Test(
        "Retry-After in seconds or as a date, at most an hour",
        arguments: [
            ("120", 120), ("999999", 3_600), ("Mon, 23 Nov 2026 00:01:00 GMT", 60),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", nil),
        ] as [(String, Int?)])
    func retryAfter(_ value: String, _ seconds: Int?) {
        let response = FetchedResponse(status: 503, fields: [Field("Retry-After", value)])

        #expect(response.retryAfter(receivedAt: FixedClock.start) == seconds.map { .seconds($0) })
    }

    @Test("the media type is the one without parameters")
    func mediaType() {
        #expect(
            FetchedResponse(status: 200, fields: [Field("Content-Type", "Application/JSON; charset=utf-8")]).mediaType
                == "application/json")
        #expect(FetchedResponse(status: 200).mediaType == nil)
        #expect(
            FetchedResponse(status: 200, fields: [Field("Content-Type", "a/b"), Field("Content-Type", "c/d")]).mediaType
                == nil)
    }

    @Test("forms and credentials are encoded, and no description holds them")
    func requests() throws {
        let url = try HTTPURL("https://login.example/introspect?secret=1")
        let request = FetchRequest.form(
            url, ["token": "a+b c&d", "x": "é"],
            fields: [.basicCredentials("client:1", Secret("p@ss word"), isFormEncoded: true)])

        #expect(String(decoding: request.body, as: UTF8.self) == "token=a%2Bb%20c%26d&x=%C3%A9")
        #expect(request.fields.values(of: "authorization") == ["Basic Y2xpZW50JTNBMTpwJTQwc3MlMjB3b3Jk"])
        #expect("\(request)" == "POST https://login.example/introspect")
        let plain = FetchedResponse.Field.basicCredentials("id", Secret("secret"), isFormEncoded: false)
        #expect(plain.value == "Basic aWQ6c2VjcmV0")
        let base = try HTTPURL("https://ghe.example/api/v3/")
        #expect(base.appending(path: "/user")?.description == "https://ghe.example/api/v3/user")
    }
}
