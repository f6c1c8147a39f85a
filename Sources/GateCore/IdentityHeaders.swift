// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateJSON
import GateOAuth

/// The fields by which the server learns who calls (Easy Auth: "Access user claims in app code").
///
/// `X-MS-CLIENT-PRINCIPAL` is the claims document in base64; `-ID`, `-NAME` and `-IDP` are its short forms. Their values are visible
/// ASCII with inner spaces; `%` and every other octet of UTF-8 are percent-encoded, and what is too long is left out whole rather
/// than cut, since half an identity is another one (defence D19).
enum IdentityHeaders {
    static let longestValue = 1_024
    static let longestPrincipal = 16 * 1_024

    static func lines(for principal: Principal, naming: EasyAuthClaims.Naming) -> [UInt8] {
        var lines: [UInt8] = []
        let document = Base64.encode(claimsDocument(principal, naming: naming))
        append("X-MS-CLIENT-PRINCIPAL", document, atMost: longestPrincipal, to: &lines)
        append("X-MS-CLIENT-PRINCIPAL-ID", principal.objectID ?? principal.subject, atMost: longestValue, to: &lines)
        append("X-MS-CLIENT-PRINCIPAL-NAME", principal.name, atMost: longestValue, to: &lines)
        append("X-MS-CLIENT-PRINCIPAL-IDP", principal.provider.rawValue, atMost: longestValue, to: &lines)
        return lines
    }

    /// `{"auth_typ":…,"claims":[{"typ":…,"val":…}],"name_typ":…,"role_typ":…}`.
    static func claimsDocument(_ principal: Principal, naming: EasyAuthClaims.Naming) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("auth_typ", principal.provider.rawValue)
        writer.name("claims")
        writer.beginArray()
        for claim in EasyAuthClaims.claims(of: principal, naming: naming) {
            writer.beginObject()
            writer.member("typ", claim.type)
            writer.member("val", claim.value)
            writer.endObject()
        }
        writer.endArray()
        writer.member("name_typ", principal.nameClaimType ?? defaultNameType(principal.provider))
        writer.member("role_typ", principal.roleClaimType ?? EasyAuthClaims.role)
        writer.endObject()
        return writer.bytes
    }

    private static func defaultNameType(_ provider: ProviderID) -> String {
        provider == .entra ? EasyAuthClaims.emailAddress : EasyAuthClaims.name
    }

    private static func append(_ name: String, _ value: String?, atMost limit: Int, to lines: inout [UInt8]) {
        guard let value, !value.isEmpty else { return }
        let encoded = visible(value)
        guard encoded.count <= limit else { return }
        lines.append(ascii: name)
        lines.append(ascii: ": ")
        lines.append(contentsOf: encoded)
        lines.append(ascii: "\r\n")
    }

    /// The value as it may stand in a field.
    static func visible(_ value: String) -> [UInt8] {
        let hex = Array("0123456789ABCDEF".utf8)
        let octets = Array(value.utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(octets.count)
        for (index, octet) in octets.enumerated() {
            let isVisible = octet > 0x20 && octet < 0x7F && octet != UInt8(ascii: "%")
            let isInnerSpace = octet == 0x20 && index > 0 && index < octets.count - 1
            if isVisible || isInnerSpace {
                encoded.append(octet)
            } else {
                encoded.append(contentsOf: [UInt8(ascii: "%"), hex[Int(octet >> 4)], hex[Int(octet & 15)]])
            }
        }
        return encoded
    }
}
