// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Who calls: what a validated credential says about the end-user or the calling application.
///
/// `issuer` and `subject` together identify (OpenID Connect Core §2); everything else describes.
public struct Principal: Sendable, Hashable {
    /// One claim as Easy Auth hands it on: a type and one value; an array claim becomes several of these.
    public struct Claim: Sendable, Hashable {
        public var type: String
        public var value: String
        public init(type: String, value: String) {
            self.type = type
            self.value = value
        }
    }

    public var provider: ProviderID
    public var issuer: IssuerURL
    public var subject: String
    /// The application that obtained the token: `azp`, `appid`, `client_id` or `cid`.
    public var clientID: ClientID?
    /// Entra's `oid`; what `allowedPrincipals.identities` lists. Nil elsewhere.
    public var objectID: String?
    /// Entra's `tid`.
    public var tenantID: String?
    /// E-mail, UPN, login or other name a person knows the user by; `X-MS-CLIENT-PRINCIPAL-NAME`.
    public var name: String?
    public var groups: [String]
    /// True when Entra left the groups out because there are too many (`_claim_names` or `hasgroups`).
    public var hasGroupsOverage: Bool
    public var roles: [String]
    public var scope: Scope
    /// Every claim, in token order, before Easy Auth's renaming.
    public var claims: [Claim]
    /// The claim types of ``claims`` that hold the name and the roles: `name_typ`, `role_typ` of `X-MS-CLIENT-PRINCIPAL`.
    public var nameClaimType: String?
    public var roleClaimType: String?

    public init(
        provider: ProviderID,
        issuer: IssuerURL,
        subject: String,
        clientID: ClientID? = nil,
        objectID: String? = nil,
        tenantID: String? = nil,
        name: String? = nil,
        groups: [String] = [],
        hasGroupsOverage: Bool = false,
        roles: [String] = [],
        scope: Scope = [],
        claims: [Claim] = [],
        nameClaimType: String? = nil,
        roleClaimType: String? = nil
    ) {
        self.provider = provider
        self.issuer = issuer
        self.subject = subject
        self.clientID = clientID
        self.objectID = objectID
        self.tenantID = tenantID
        self.name = name
        self.groups = groups
        self.hasGroupsOverage = hasGroupsOverage
        self.roles = roles
        self.scope = scope
        self.claims = claims
        self.nameClaimType = nameClaimType
        self.roleClaimType = roleClaimType
    }
}
