// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

/// The claim types under which Easy Auth hands on what Entra says, in `X-MS-CLIENT-PRINCIPAL` and `/.auth/me`.
package enum EasyAuthClaims {
    package static let emailAddress = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
    package static let name = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
    package static let nameIdentifier = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
    package static let role = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"

    /// Which claims are renamed.
    package enum Naming: Sendable, Hashable {
        /// As the token has them: claims mapping needs the token store, or is switched off.
        case asInToken
        /// The default: `roles` keeps its name.
        case legacy
        /// `WEBSITE_AUTH_USE_LEGACY_CLAIMS=False`: `roles` becomes the role type as well.
        case modern
    }

    private static let renames: [String: String] = [
        "sub": nameIdentifier,
        "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
        "tid": "http://schemas.microsoft.com/identity/claims/tenantid",
        "email": emailAddress,
        "given_name": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
        "family_name": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
        "unique_name": name,
        "upn": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
        "scp": "http://schemas.microsoft.com/identity/claims/scope",
        "amr": "http://schemas.microsoft.com/claims/authnmethodsreferences",
        "idp": "http://schemas.microsoft.com/identity/claims/identityprovider",
    ]

    /// The type a claim is handed on under; providers other than Microsoft's keep their names.
    package static func type(of claim: String, from provider: ProviderID, naming: Naming) -> String {
        guard provider == .entra || provider == .microsoftAccount else { return claim }
        switch naming {
        case .asInToken: return claim
        case .legacy: return renames[claim] ?? claim
        case .modern: return claim == "roles" ? role : renames[claim] ?? claim
        }
    }

    /// The principal's claims as they are handed on.
    package static func claims(of principal: Principal, naming: Naming = .legacy) -> [Principal.Claim] {
        principal.claims.map { claim in
            .init(type: type(of: claim.type, from: principal.provider, naming: naming), value: claim.value)
        }
    }
}
