// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateJSON
package import GateOAuth

/// Which claims of a provider say what about the caller.
///
/// A claim is named by its member name, or by a path with dots where there is no such member: Keycloak's
/// `realm_access.roles`. Of several names, the first that has a value counts for single values; lists are joined.
package struct ClaimsMapping: Sendable, Hashable {
    package var subject: [String]
    package var clientID: [String]
    package var name: [String]
    package var groups: [String]
    package var roles: [String]
    package var scope: [String]
    package var objectID: [String]
    package var tenantID: [String]
    /// `name_typ` and `role_typ` of Easy Auth's `X-MS-CLIENT-PRINCIPAL`.
    package var nameClaimType: String?
    package var roleClaimType: String?

    package init(
        subject: [String] = ["sub"], clientID: [String] = ["client_id", "azp", "cid", "appid"],
        name: [String] = ["email", "preferred_username", "upn", "name", "username"], groups: [String] = ["groups"],
        roles: [String] = ["roles"], scope: [String] = ["scp", "scope"], objectID: [String] = [],
        tenantID: [String] = [], nameClaimType: String? = EasyAuthClaims.name,
        roleClaimType: String? = EasyAuthClaims.role
    ) {
        self.subject = subject
        self.clientID = clientID
        self.name = name
        self.groups = groups
        self.roles = roles
        self.scope = scope
        self.objectID = objectID
        self.tenantID = tenantID
        self.nameClaimType = nameClaimType
        self.roleClaimType = roleClaimType
    }

    package static let openIDConnect = ClaimsMapping()

    /// Entra: `appid` in v1.0 tokens, `azp` in v2.0 ones; the object id identifies across applications.
    package static let entra = ClaimsMapping(
        clientID: ["azp", "appid"],
        name: ["preferred_username", "upn", "unique_name", "email", "name", "app_displayname"],
        objectID: ["oid"], tenantID: ["tid"], nameClaimType: EasyAuthClaims.emailAddress)

    /// A mapping whose name comes from one claim: Easy Auth's `login.nameClaimType`, when it is set.
    package func naming(by claim: String?) -> ClaimsMapping {
        guard let claim, !claim.isEmpty else { return self }
        var mapping = self
        mapping.name = [claim] + name
        mapping.nameClaimType = claim
        return mapping
    }

    /// Nil when the claims name no subject: nobody can be told apart then.
    package func principal(
        of claims: JSONObject, provider: ProviderID, issuer: IssuerURL, scopeDelimiter: Character = " "
    ) -> Principal? {
        guard let subject = first(subject, in: claims) else { return nil }
        let roles = all(roles, in: claims)
        var scopes = scope.flatMap { name in
            let value = ClaimsMapping.value(name, in: claims)
            if let text = value?.string { return text.split(separator: scopeDelimiter).map(String.init) }
            return value?.strings ?? []
        }
        // A token for an application itself has roles in place of delegated scopes.
        if scope.allSatisfy({ ClaimsMapping.value($0, in: claims) == nil }) { scopes = roles }
        return Principal(
            provider: provider, issuer: issuer, subject: subject,
            clientID: first(clientID, in: claims).map { ClientID($0) },
            objectID: first(objectID, in: claims), tenantID: first(tenantID, in: claims), name: first(name, in: claims),
            groups: all(groups, in: claims), hasGroupsOverage: ClaimsMapping.hasGroupsOverage(claims), roles: roles,
            scope: Scope(tokens: scopes), claims: ClaimsMapping.flattened(claims), nameClaimType: nameClaimType,
            roleClaimType: roleClaimType)
    }

    // MARK: - Values

    private func first(_ names: [String], in claims: JSONObject) -> String? {
        for name in names {
            if let text = ClaimsMapping.value(name, in: claims)?.string, !text.isEmpty { return text }
        }
        return nil
    }

    private func all(_ names: [String], in claims: JSONObject) -> [String] {
        var found: [String] = []
        for name in names {
            let value = ClaimsMapping.value(name, in: claims)
            found += value?.strings ?? value?.string.map { [$0] } ?? []
        }
        return found.filter { !$0.isEmpty }
    }

    private static func value(_ name: String, in claims: JSONObject) -> JSONValue? {
        if let value = claims[name] { return value == .null ? nil : value }
        guard name.utf8.contains(UInt8(ascii: ".")) else { return nil }
        var value: JSONValue = .object(claims)
        for step in name.split(separator: ".") {
            guard let next = value.object?[String(step)] else { return nil }
            value = next
        }
        return value
    }

    /// Entra leaves the groups out of a token that would hold too many: `hasgroups`, or `_claim_names` with `groups`.
    private static func hasGroupsOverage(_ claims: JSONObject) -> Bool {
        let isMarked = claims["hasgroups"]?.bool == true || claims["hasgroups"]?.string == "true"
        return isMarked || claims["_claim_names"]?.object?["groups"] != nil
    }

    /// Every claim as Easy Auth lists them: strings as they are, an array as several, other values as JSON.
    static func flattened(_ claims: JSONObject) -> [Principal.Claim] {
        claims.members.flatMap { member in
            (member.value.array ?? [member.value]).compactMap { value in
                text(of: value).map { Principal.Claim(type: member.name, value: $0) }
            }
        }
    }

    private static func text(of value: JSONValue) -> String? {
        switch value {
        case .null: nil
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): number.text
        case .array, .object: String(decoding: value.serialized(), as: UTF8.self)
        }
    }
}
