// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

/// An outbound request; its description leaves out everything that may be secret.
package struct FetchRequest: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable { case get = "GET", post = "POST" }

    package var method: Method
    package var url: HTTPURL
    package var fields: [FetchedResponse.Field]
    package var body: [UInt8]
    /// From the first look-up to the last octet of the answer; the fetcher's own default when nil.
    package var deadline: Duration?
    /// The longest body that is taken; the fetcher's own default when nil.
    package var maximumBodyBytes: Int?

    package init(
        _ method: Method = .get, _ url: HTTPURL, fields: [FetchedResponse.Field] = [], body: [UInt8] = [],
        deadline: Duration? = nil, maximumBodyBytes: Int? = nil
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.deadline = deadline
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// A GET for a JSON document.
    package static func json(_ url: HTTPURL, deadline: Duration? = nil) -> FetchRequest {
        FetchRequest(.get, url, fields: [.init("accept", "application/json")], deadline: deadline)
    }

    /// A POST of a form, as OAuth endpoints take it (RFC 6749 appendix B).
    package static func form(
        _ url: HTTPURL, _ parameters: KeyValuePairs<String, String>, fields: [FetchedResponse.Field] = [],
        deadline: Duration? = nil
    ) -> FetchRequest {
        let pairs = parameters.map { "\(FetchRequest.percentEncoded($0.key))=\(FetchRequest.percentEncoded($0.value))" }
        let media: [FetchedResponse.Field] = [
            .init("content-type", "application/x-www-form-urlencoded"), .init("accept", "application/json"),
        ]
        return FetchRequest(
            .post, url, fields: media + fields, body: Array(pairs.joined(separator: "&").utf8), deadline: deadline)
    }

    /// Percent-encodes all but the unreserved octets; the space becomes `%20`, which every decoder takes. Good for
    /// forms, queries and path segments.
    package static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for octet in text.utf8 {
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(octet)
            default: out.append(contentsOf: [0x25, digits[Int(octet >> 4)], digits[Int(octet & 15)]])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

extension FetchRequest: CustomStringConvertible {
    package var description: String { "\(method.rawValue) \(url.origin)\(url.path)" }
}
