// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateOAuth

/// The built-in authorization policy of App Service Authentication for one identity provider.
///
/// Pure: the same request gets the same answer. Every configured check must pass; a claim that a check needs and the token does not
/// have means no. Settings: `defaultAuthorizationPolicy.allowedApplications`, `.allowedPrincipals.identities|groups`,
/// `jwtClaimChecks.allowedClientApplications|allowedGroups`, `WEBSITE_AUTH_AAD_ALLOWED_TENANTS`.
public struct EasyAuthPolicy: Sendable, Hashable {
    /// The gate's own registration; tokens that it obtained itself always pass the application checks.
    public var ownClientID: ClientID?
    /// Entra's default: without a list, only tokens that the registration itself obtained are accepted.
    public var requiresListedClient: Bool
    public var allowedApplications: [ClientID]
    public var allowedIdentities: [String]
    public var allowedGroups: [String]
    /// The older spelling of the application check; both must pass when both are set.
    public var claimCheckClients: [ClientID]
    public var claimCheckGroups: [String]
    /// Nil: every tenant that the issuer admits.
    public var allowedTenants: [String]?
    public var scopes: ScopeHierarchy

    public init(
        ownClientID: ClientID? = nil, requiresListedClient: Bool = false, allowedApplications: [ClientID] = [],
        allowedIdentities: [String] = [], allowedGroups: [String] = [], claimCheckClients: [ClientID] = [],
        claimCheckGroups: [String] = [], allowedTenants: [String]? = nil, scopes: ScopeHierarchy = ScopeHierarchy()
    ) {
        self.ownClientID = ownClientID
        self.requiresListedClient = requiresListedClient
        self.allowedApplications = allowedApplications
        self.allowedIdentities = allowedIdentities
        self.allowedGroups = allowedGroups
        self.claimCheckClients = claimCheckClients
        self.claimCheckGroups = claimCheckGroups
        self.allowedTenants = allowedTenants
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
        guard let tenant = principal.tenantID, allowedTenants.contains(where: { Self.isSameGUID($0, tenant) }) else {
            return Denial(rule: "allowedTenants", kind: .tenant)
        }
        return nil
    }

    private func applicationDenial(_ principal: Principal) -> Denial? {
        let isOwn = ownClientID != nil && principal.clientID == ownClientID
        if requiresListedClient || !allowedApplications.isEmpty {
            guard
                isOwn
                    || isListed(
                        principal.clientID, allowedApplications + (requiresListedClient ? claimCheckClients : []))
            else {
                return Denial(rule: "allowedApplications", kind: .client)
            }
        }
        if !claimCheckClients.isEmpty, !isOwn, !isListed(principal.clientID, claimCheckClients) {
            return Denial(rule: "allowedClientApplications", kind: .client)
        }
        return nil
    }

    /// `allowedPrincipals`: one of the identities or one of the groups.
    private func principalDenial(_ principal: Principal) -> Denial? {
        guard !allowedIdentities.isEmpty || !allowedGroups.isEmpty else { return nil }
        let identity = principal.objectID ?? principal.subject
        if allowedIdentities.contains(where: { Self.isSameGUID($0, identity) }) { return nil }
        if !allowedGroups.isEmpty {
            if principal.groups.contains(where: { group in allowedGroups.contains { Self.isSameGUID($0, group) } }) {
                return nil
            }
            if principal.hasGroupsOverage { return Denial(rule: "allowedPrincipals.groups:overage", kind: .claims) }
        }
        return Denial(rule: "allowedPrincipals", kind: .principal)
    }

    private func groupDenial(_ principal: Principal) -> Denial? {
        guard !claimCheckGroups.isEmpty else { return nil }
        if principal.groups.contains(where: { group in claimCheckGroups.contains { Self.isSameGUID($0, group) } }) {
            return nil
        }
        return Denial(rule: principal.hasGroupsOverage ? "allowedGroups:overage" : "allowedGroups", kind: .principal)
    }

    private func isListed(_ client: ClientID?, _ list: [ClientID]) -> Bool {
        guard let client else { return false }
        return list.contains { Self.isSameGUID($0.rawValue, client.rawValue) }
    }

    /// Object, tenant and application ids of Entra are GUIDs, written in either case; anything else is compared exactly.
    private static func isSameGUID(_ a: String, _ b: String) -> Bool {
        let (first, second) = (Array(a.utf8), Array(b.utf8))
        if first == second { return true }
        guard first.count == 36, second.count == 36, isGUID(first), isGUID(second) else { return false }
        return zip(first, second).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
    }

    private static func isGUID(_ octets: [UInt8]) -> Bool {
        octets.enumerated().allSatisfy { index, octet in
            [8, 13, 18, 23].contains(index)
                ? octet == 0x2D : (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet | 0x20)
        }
    }
}
