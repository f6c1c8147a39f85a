// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// Who calls the sample server, as the gate tells it in Easy Auth's header fields.
///
/// The server itself knows nothing of OAuth: it reads these fields, which only the gate can set.
package struct DemoCaller: Sendable, Hashable {
    package struct Claim: Sendable, Hashable {
        package var type: String
        package var value: String
    }

    /// `X-MS-CLIENT-PRINCIPAL-ID`; nil when the request did not come through a gate.
    package var id: String?
    /// `X-MS-CLIENT-PRINCIPAL-NAME`.
    package var name: String?
    /// `X-MS-CLIENT-PRINCIPAL-IDP`.
    package var identityProvider: String?
    /// From `X-MS-CLIENT-PRINCIPAL`: base64 of `{"auth_typ":…,"claims":[{"typ":…,"val":…}],…}`.
    package var claims: [Claim]
    /// True if a bearer token reached the server, which the gate does not let through unless told to.
    package var sawBearerToken: Bool

    package init(_ request: DemoRequest) {
        id = request.field("x-ms-client-principal-id")
        name = request.field("x-ms-client-principal-name")
        identityProvider = request.field("x-ms-client-principal-idp")
        claims = request.field("x-ms-client-principal").flatMap(Self.claims(in:)) ?? []
        sawBearerToken = request.fields.contains { $0.name == "authorization" }
    }

    private static func claims(in header: String) -> [Claim]? {
        guard let bytes = Base64.decode(header), let document = try? JSONValue.parse(bytes) else { return nil }
        return document.object?["claims"]?.array?.compactMap { claim in
            guard let type = claim.object?["typ"]?.string, let value = claim.object?["val"]?.string else { return nil }
            return Claim(type: type, value: value)
        }
    }
}
