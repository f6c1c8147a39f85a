// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateTime

/// A complete answer to an outbound request, of whatever status; redirects are answers like any other.
package struct FetchedResponse: Sendable, Hashable {
    /// One header field; the name is in lower case.
    package struct Field: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name.lowercased()
            self.value = value
        }
    }

    package var status: Int
    package var fields: [Field]
    package var body: [UInt8]

    package init(status: Int, fields: [Field] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The media type without parameters, in lower case: `application/json`; nil when there is not exactly one.
    package var mediaType: String? {
        let values = fields.values(of: "content-type")
        guard values.count == 1, let essence = values[0].split(separator: ";").first else { return nil }
        return essence.split(separator: " ").joined().lowercased()
    }

    package func freshness(receivedAt now: Instant) -> FreshnessLifetime {
        FreshnessLifetime(fields: fields, receivedAt: now)
    }

    /// `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), at most an hour.
    package func retryAfter(receivedAt now: Instant) -> Duration? {
        guard let value = fields.values(of: "retry-after").first else { return nil }
        let wait: Duration
        if let seconds = Int64(value) {
            wait = .seconds(min(max(0, seconds), 3_600))
        } else if let date = Instant(httpDate: value) {
            wait = date.duration(since: now)
        } else {
            return nil
        }
        return min(max(.zero, wait), .seconds(3_600))
    }
}

extension [FetchedResponse.Field] {
    /// The values of a field, in order; `name` is in lower case.
    package func values(of name: String) -> [String] { filter { $0.name == name }.map(\.value) }
}
