// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateOAuth

/// Finds the one bearer token of a request, in its one place (RFC 6750 §2.1, defence D8).
///
/// The scanner refuses a second `Authorization` field before this is asked.
enum CredentialExtractor {
    enum Found: Equatable {
        case none
        /// Where the token stands among the head's octets; its syntax (token68, RFC 9110 §11.2) is for its validator to check.
        case bearer(Range<Int>)
        /// Another scheme, or the name of ours without anything after it.
        case otherScheme
        /// A token in the query (RFC 6750 §2.3, forbidden by MCP).
        case inQuery
        /// A token in the query beside an `Authorization` field.
        case repeated
    }

    static func find(_ head: RequestHead, _ bytes: Span<UInt8>) -> Found {
        let field = head.first(.authorization)
        if hasTokenInQuery(head, bytes) { return field == nil ? .inQuery : .repeated }
        guard let field else { return .none }
        // `Bearer`, one space, the rest (RFC 9110 §11.4): the scheme is compared without regard to case.
        let schemeEnd = field.value.lowerBound + 6
        guard field.value.count > 7, bytes[schemeEnd] == UInt8(ascii: " "),
            bytes.equalsIgnoringCase("bearer", at: field.value.lowerBound..<schemeEnd)
        else { return .otherScheme }
        return .bearer((schemeEnd + 1)..<field.value.upperBound)
    }

    /// True when a query parameter is called `access_token`, in any case and however it is escaped.
    private static func hasTokenInQuery(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        let start = head.pathRange.upperBound + 1
        guard start < head.targetRange.upperBound else { return false }
        let query = start..<head.targetRange.upperBound
        // Only a query that can hold the name is taken apart.
        guard query.count >= 12 else { return false }
        for pair in bytes.text(at: query).split(whereSeparator: { $0 == "&" || $0 == ";" }) {
            let name = pair.prefix { $0 != "=" }
            if FormParameters.decode(name)?.lowercased() == "access_token" { return true }
        }
        return false
    }
}
