// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateOAuth

/// The built-in authorization policy of App Service Authentication for one identity provider.
///
/// Pure: the same request gets the same answer. Every configured check must pass; a claim that a check needs and the token does not
/// have means no. Settings: `defaultAuthorizationPolicy.allowedApplications`, `.allowedPrincipals.identities|groups`,
/// `jwtClaimChecks.allowedClientApplications|allowedGroups`, `WEBSITE_AUTH_AAD_ALLOWED_TENANTS`. An empty list is no check.
public struct EasyAuthPolicy: Sendable, Hashable {
    /// The gate's own registration; tokens that it obtained itself always pass the application checks.
    public var ownClientID: ClientID?
    /// Entra's default: without a list, only tokens that the registration itself obtained are accepted.
    public var requiresListedClient: Bool
    public var allowedApplications: [ClientID]
    /// Object ids of users and service principals (`oid`); for providers other than Entra, which have none, subjects.
    public var allowedIdentities: [String]
    /// With ``allowedIdentities``, one match in either list is enough.
    public var allowedGroups: [String]
    /// The older spelling of the application check; both must pass when both are set.
    public var claimCheckClients: [ClientID]
    /// The older spelling of the group check.
    public var claimCheckGroups: [String]
    /// Nil: every tenant that the issuer admits.
    public var allowedTenants: [String]?
    /// `WEBSITE_AUTH_AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL`: the token must name its user or service principal (`oid`).
    public var requiresObjectID: Bool
    public var scopes: ScopeHierarchy

    public init(
        ownClientID: ClientID? = nil, requiresListedClient: Bool = false, allowedApplications: [ClientID] = [],
        allowedIdentities: [String] = [], allowedGroups: [String] = [], claimCheckClients: [ClientID] = [],
        claimCheckGroups: [String] = [], allowedTenants: [String]? = nil, requiresObjectID: Bool = false,
        scopes: ScopeHierarchy = ScopeHierarchy()
    ) {
        self.ownClientID = ownClientID
        self.requiresListedClient = requiresListedClient
        self.allowedApplications = allowedApplications
        self.allowedIdentities = allowedIdentities
        self.allowedGroups = allowedGroups
        self.claimCheckClients = claimCheckClients
        self.claimCheckGroups = claimCheckGroups
        self.allowedTenants = allowedTenants
        self.requiresObjectID = requiresObjectID
        self.scopes = scopes
    }

    public func decide(_ request: AccessRequest) -> Decision {
        let principal = request.principal
        if let denial = tenantDenial(principal) ?? applicationDenial(principal) ?? principalDenial(principal)
            ?? groupDenial(principal)
        {
            return .deny(denial)
        }
        let held = scopes.expanding(principal.scope)
        guard held.isSuperset(of: request.requiredScope) else {
            // The union of what is held and what is needed: older clients ask for exactly this and would lose the rest (SCP-03).
            return .needsScope(principal.scope.union(request.requiredScope))
        }
        return .permit
    }

    private func tenantDenial(_ principal: Principal) -> Denial? {
        guard let allowedTenants else { return nil }
        guard let tenant = principal.tenantID, Self.contains(allowedTenants, tenant) else {
            return Denial(rule: "allowedTenants", kind: .tenant)
        }
        return nil
    }

    private func applicationDenial(_ principal: Principal) -> Denial? {
        let client = principal.clientID?.rawValue
        if let ownClientID, let client, Self.contains([ownClientID.rawValue], client) { return nil }
        if requiresListedClient || !allowedApplications.isEmpty {
            // A client that only the older setting lists is listed, as long as the newer one lists nobody.
            let listed = allowedApplications.isEmpty ? claimCheckClients : allowedApplications
            guard let client, Self.contains(listed.map(\.rawValue), client) else {
                return Denial(rule: "allowedApplications", kind: .client)
            }
        }
        if !claimCheckClients.isEmpty {
            guard let client, Self.contains(claimCheckClients.map(\.rawValue), client) else {
                return Denial(rule: "allowedClientApplications", kind: .client)
            }
        }
        return nil
    }

    /// `allowedPrincipals`: one of the identities or one of the groups.
    private func principalDenial(_ principal: Principal) -> Denial? {
        if requiresObjectID, principal.objectID == nil { return Denial(rule: "requireObjectID", kind: .claims) }
        guard !allowedIdentities.isEmpty || !allowedGroups.isEmpty else { return nil }
        // Entra's subject is another one for each application: it can never stand in for the object id.
        let identity = principal.provider == .entra ? principal.objectID : principal.objectID ?? principal.subject
        if let identity, Self.contains(allowedIdentities, identity) { return nil }
        if principal.groups.contains(where: { Self.contains(allowedGroups, $0) }) { return nil }
        if !allowedGroups.isEmpty, principal.hasGroupsOverage {
            return Denial(rule: "allowedPrincipals.groups:overage", kind: .claims)
        }
        return Denial(rule: "allowedPrincipals", kind: .principal)
    }

    private func groupDenial(_ principal: Principal) -> Denial? {
        guard !claimCheckGroups.isEmpty else { return nil }
        if principal.groups.contains(where: { Self.contains(claimCheckGroups, $0) }) { return nil }
        return principal.hasGroupsOverage
            ? Denial(rule: "allowedGroups:overage", kind: .claims) : Denial(rule: "allowedGroups", kind: .principal)
    }

    private static func contains(_ list: [String], _ value: String) -> Bool {
        !value.isEmpty && list.contains { isSame($0, value) }
    }

    /// Object, tenant and application ids of Entra are GUIDs, written in either case; anything else is compared exactly.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        let (first, second) = (Array(a.utf8), Array(b.utf8))
        if first == second { return true }
        guard isGUID(first), isGUID(second) else { return false }
        return zip(first, second).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
    }

    private static func isGUID(_ octets: [UInt8]) -> Bool {
        octets.count == 36
            && octets.enumerated().allSatisfy { index, octet in
                [8, 13, 18, 23].contains(index)
                    ? octet == 0x2D : (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet | 0x20)
            }
    }
}
