// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateOAuth

/// Finds the one bearer token of a request, in its one place (RFC 6750 §2.1, defence D8).
enum CredentialExtractor {
    enum Found {
        case none
        /// Where the token stands among the head's octets.
        case bearer(Range<Int>)
        case otherScheme
        /// `Bearer`, and then not one token.
        case malformed
        /// More than one credential (RFC 6750 §3.1).
        case repeated
    }

    static func find(_ head: RequestHead, _ bytes: Span<UInt8>) -> Found {
        // The scanner refuses a second Authorization field before this is asked.
        let field = head.first(.authorization)
        // A token in the query is never used; beside a field it is a second credential (RFC 6750 §2).
        if field != nil, hasTokenInQuery(head, bytes) { return .repeated }
        guard let field else { return .none }
        let value = field.value
        let scheme = "bearer"
        let schemeEnd = value.lowerBound + scheme.utf8.count
        guard value.count >= scheme.utf8.count, bytes.equalsIgnoringCase(scheme, at: value.lowerBound..<schemeEnd)
        else {
            return .otherScheme
        }
        guard value.count > scheme.utf8.count else { return .malformed }
        guard bytes[schemeEnd] == UInt8(ascii: " ") else {
            return isToken68(bytes[schemeEnd]) ? .otherScheme : .malformed
        }
        let token = (schemeEnd + 1)..<value.upperBound
        guard !token.isEmpty else { return .malformed }
        return .bearer(token)
    }

    /// Whether every octet may stand in a token (token68, RFC 9110 §11.2). Asked of tokens that were not seen before only.
    static func isToken68(_ bytes: Span<UInt8>) -> Bool {
        for i in bytes.indices where !isToken68(bytes[i]) { return false }
        return true
    }

    /// The characters of token68. Where padding may stand is for the token's validator to say.
    @inline(__always)
    private static func isToken68(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x2B, 0x2F, 0x3D: true
        default: false
        }
    }

    /// True when a query parameter is called `access_token`, in any case and however it is escaped.
    private static func hasTokenInQuery(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        let start = head.pathRange.upperBound + 1
        guard start < head.targetRange.upperBound else { return false }
        let query = start..<head.targetRange.upperBound
        // Parameters are few; only a query that can hold the name is taken apart.
        guard query.count >= 12 else { return false }
        for pair in bytes.text(at: query).split(whereSeparator: { $0 == "&" || $0 == ";" }) {
            let name = pair.prefix { $0 != "=" }
            if (FormParameters.decode(name) ?? "").lowercased() == "access_token" { return true }
        }
        return false
    }
}
