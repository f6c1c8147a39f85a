// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GatePolicy
import Testing

/// GUIDs as Entra writes them.
private enum ID {
    static let own = "11111111-aaaa-4bbb-8ccc-000000000001"
    static let code = "aebc6443-996d-45c2-90f0-388ff96faa56"
    static let other = "22222222-aaaa-4bbb-8ccc-000000000002"
    static let alice = "33333333-aaaa-4bbb-8ccc-000000000003"
    static let group = "44444444-aaaa-4bbb-8ccc-000000000004"
    static let tenant = "55555555-aaaa-4bbb-8ccc-000000000005"
}

private func principal(
    provider: ProviderID = .entra, client: String? = ID.code, object: String? = ID.alice, tenant: String? = ID.tenant,
    groups: [String] = [], overage: Bool = false, scope: Scope = ["mcp.read"]
) -> Principal {
    Principal(
        provider: provider, issuer: IssuerURL("https://login.example/t/v2.0"), subject: "pairwise-subject",
        clientID: client.map { ClientID($0) }, objectID: object, tenantID: tenant, groups: groups,
        hasGroupsOverage: overage, scope: scope)
}

private func decide(_ policy: EasyAuthPolicy, _ principal: Principal, needing scope: Scope = []) -> Decision {
    policy.decide(
        AccessRequest(
            principal: principal, resource: ResourceIndicator("https://mcp.example/mcp"), requiredScope: scope))
}

private func rule(_ decision: Decision) -> String? {
    guard case .deny(let denial) = decision else { return nil }
    return denial.rule
}

@Suite("Easy Auth policy: applications")
struct EasyAuthApplicationTests {
    private static let ownOnly = EasyAuthPolicy(ownClientID: ClientID(ID.own), requiresListedClient: true)

    @Test(
        "Entra's default accepts only tokens that the app itself obtained",
        arguments: [
            (ID.own, true), (ID.own.uppercased(), true), (ID.code, false), ("", false), (nil, false),
        ] as [(String?, Bool)])
    func ownOnly(_ client: String?, _ permitted: Bool) {
        let decision = decide(Self.ownOnly, principal(client: client))
        #expect(decision == (permitted ? .permit : .deny(Denial(rule: "allowedApplications", kind: .client))))
    }

    @Test(
        "a listed client is accepted beside the app itself, in either case of its GUID; a client without a name is not")
    func listed() {
        var policy = Self.ownOnly
        policy.allowedApplications = [ClientID(ID.code.uppercased())]
        for requires in [true, false] {
            policy.requiresListedClient = requires
            #expect(decide(policy, principal(client: ID.code)) == .permit)
            #expect(decide(policy, principal(client: ID.own)) == .permit)
            #expect(rule(decide(policy, principal(client: ID.other))) == "allowedApplications")
            #expect(rule(decide(policy, principal(client: nil))) == "allowedApplications")
        }
    }

    @Test("without a list and without the default any client is accepted: an empty list is no check")
    func emptyList() {
        #expect(decide(EasyAuthPolicy(), principal(client: ID.other)) == .permit)
        #expect(decide(EasyAuthPolicy(), principal(client: nil)) == .permit)
        #expect(decide(EasyAuthPolicy(ownClientID: ClientID(ID.own)), principal(client: ID.other)) == .permit)
    }

    @Test("jwtClaimChecks.allowedClientApplications alone lists clients too")
    func olderSpelling() {
        let policy = EasyAuthPolicy(
            ownClientID: ClientID(ID.own), requiresListedClient: true, claimCheckClients: [ClientID(ID.code)])
        #expect(decide(policy, principal(client: ID.code)) == .permit)
        #expect(decide(policy, principal(client: ID.own)) == .permit)
        #expect(rule(decide(policy, principal(client: ID.other))) == "allowedApplications")
        let checksOnly = EasyAuthPolicy(claimCheckClients: [ClientID(ID.code)])
        #expect(rule(decide(checksOnly, principal(client: ID.other))) == "allowedClientApplications")
        #expect(rule(decide(checksOnly, principal(client: nil))) == "allowedClientApplications")
    }

    @Test("when both spellings list clients, a client must be in both")
    func bothSpellings() {
        for requires in [true, false] {
            let policy = EasyAuthPolicy(
                requiresListedClient: requires, allowedApplications: [ClientID(ID.code)],
                claimCheckClients: [ClientID(ID.code), ClientID(ID.other)])
            #expect(decide(policy, principal(client: ID.code)) == .permit)
            #expect(rule(decide(policy, principal(client: ID.other))) == "allowedApplications")
        }
        let apart = EasyAuthPolicy(
            allowedApplications: [ClientID(ID.code)], claimCheckClients: [ClientID(ID.other)])
        #expect(rule(decide(apart, principal(client: ID.code))) == "allowedClientApplications")
        #expect(rule(decide(apart, principal(client: ID.other))) == "allowedApplications")
    }

    @Test("client ids that are no GUIDs are compared exactly")
    func exactClients() {
        let policy = EasyAuthPolicy(allowedApplications: [ClientID("My-App")])
        #expect(decide(policy, principal(client: "My-App")) == .permit)
        for client in ["my-app", "My-App ", "My-Ap", "My-App2", "My\u{2D}App\u{301}"] {
            #expect(rule(decide(policy, principal(client: client))) == "allowedApplications", "\(client)")
        }
        // No GUID, though as long as one.
        let odd = "zzzzzzzz-aaaa-4bbb-8ccc-00000000000Z"
        let long = EasyAuthPolicy(allowedApplications: [ClientID(odd)])
        #expect(rule(decide(long, principal(client: odd.lowercased()))) == "allowedApplications")
    }
}

@Suite("Easy Auth policy: principals, groups and tenants")
struct EasyAuthPrincipalTests {
    @Test("allowedPrincipals is one of the identities or one of the groups")
    func either() {
        let policy = EasyAuthPolicy(allowedIdentities: [ID.alice.uppercased()], allowedGroups: [ID.group])
        #expect(decide(policy, principal()) == .permit)
        #expect(decide(policy, principal(object: ID.other, groups: [ID.other, ID.group.uppercased()])) == .permit)
        #expect(
            decide(policy, principal(object: ID.other, groups: [ID.other]))
                == .deny(Denial(rule: "allowedPrincipals", kind: .principal)))
        #expect(rule(decide(policy, principal(object: nil))) == "allowedPrincipals")
    }

    @Test("the subject stands in for the object id only where there are no object ids")
    func subject() {
        let policy = EasyAuthPolicy(allowedIdentities: ["pairwise-subject"])
        #expect(decide(policy, principal(provider: ProviderID("keycloak"), object: nil)) == .permit)
        #expect(rule(decide(policy, principal(provider: .entra, object: nil))) == "allowedPrincipals")
    }

    @Test("a groups rule and too many groups for the token is a denial of its own (groups overage)")
    func overage() {
        let principals = EasyAuthPolicy(allowedIdentities: [ID.other], allowedGroups: [ID.group])
        #expect(
            decide(principals, principal(overage: true))
                == .deny(Denial(rule: "allowedPrincipals.groups:overage", kind: .claims)))
        #expect(decide(principals, principal(object: ID.other, overage: true)) == .permit)
        let checks = EasyAuthPolicy(claimCheckGroups: [ID.group])
        #expect(
            decide(checks, principal(overage: true)) == .deny(Denial(rule: "allowedGroups:overage", kind: .claims)))
        #expect(
            rule(decide(EasyAuthPolicy(allowedIdentities: [ID.other]), principal(overage: true))) == "allowedPrincipals"
        )
        #expect(decide(EasyAuthPolicy(), principal(overage: true)) == .permit)
    }

    @Test("jwtClaimChecks.allowedGroups is asked besides allowedPrincipals")
    func claimCheckGroups() {
        let policy = EasyAuthPolicy(allowedIdentities: [ID.alice], claimCheckGroups: [ID.group])
        #expect(decide(policy, principal(groups: [ID.group])) == .permit)
        #expect(
            decide(policy, principal(groups: [])) == .deny(Denial(rule: "allowedGroups", kind: .principal)))
        #expect(rule(decide(policy, principal(object: ID.other, groups: [ID.group]))) == "allowedPrincipals")
    }

    @Test(
        "allowedTenants holds the token's tid; a token without one is not let in, and an empty list lets nobody in",
        arguments: [
            ([ID.tenant], ID.tenant, true), ([ID.tenant.uppercased()], ID.tenant, true), ([ID.other], ID.tenant, false),
            ([ID.other, ID.tenant], ID.tenant, true), ([ID.tenant], nil, false), ([], ID.tenant, false),
            ([""], "", false),
        ] as [([String], String?, Bool)])
    func tenants(_ allowed: [String], _ tenant: String?, _ permitted: Bool) {
        let decision = decide(EasyAuthPolicy(allowedTenants: allowed), principal(tenant: tenant))
        #expect(decision == (permitted ? .permit : .deny(Denial(rule: "allowedTenants", kind: .tenant))))
    }

    @Test("a required service principal needs an object id in the token")
    func objectID() {
        let policy = EasyAuthPolicy(requiresObjectID: true)
        #expect(decide(policy, principal()) == .permit)
        #expect(decide(policy, principal(object: nil)) == .deny(Denial(rule: "requireObjectID", kind: .claims)))
    }

    @Test("every configured check must pass: taking one claim away never opens the door")
    func monotonic() {
        let policy = EasyAuthPolicy(
            requiresListedClient: true, allowedApplications: [ClientID(ID.code)], allowedIdentities: [ID.alice],
            claimCheckGroups: [ID.group], allowedTenants: [ID.tenant])
        let whole = principal(groups: [ID.group])
        #expect(decide(policy, whole, needing: ["mcp.read"]) == .permit)
        let changes: [@Sendable (inout Principal) -> Void] = [
            { $0.clientID = nil }, { $0.objectID = nil }, { $0.tenantID = nil }, { $0.groups = [] }, { $0.scope = [] },
        ]
        for change in changes {
            var lesser = whole
            change(&lesser)
            #expect(decide(policy, lesser, needing: ["mcp.read"]) != .permit)
        }
    }
}

@Suite("Scope decisions")
struct ScopeDecisionTests {
    @Test("SCP-02, SCP-03: one answer names everything held and everything missing")
    func union() {
        let decision = decide(EasyAuthPolicy(), principal(scope: ["a", "x"]), needing: ["b", "a", "c"])
        #expect(decision == .needsScope(["a", "x", "b", "c"]))
        guard case .needsScope(let scope) = decision else { return }
        #expect(scope.formatted == "a x b c")
    }

    @Test(
        "SCP-09: a scope satisfies only itself",
        arguments: ["mcp.readonly", "mcp.rea", "MCP.READ", "mcp", "mcp.*", "mcp.read.all", ""])
    func exact(_ held: String) {
        #expect(decide(EasyAuthPolicy(), principal(scope: Scope(parsing: held)), needing: ["mcp.read"]) != .permit)
    }

    @Test("SCP-06: what no scope can mend is a denial, however little scope there is")
    func denialFirst() {
        let policy = EasyAuthPolicy(allowedIdentities: [ID.other])
        #expect(rule(decide(policy, principal(scope: []), needing: ["mcp.read"])) == "allowedPrincipals")
    }

    @Test("SCP-04: a broader scope satisfies a narrower need, never the other way round")
    func hierarchy() {
        let scopes = ScopeHierarchy([
            "admin": ["write"], "write": ["read"], "read": ["read"], "loop": ["loop2"], "loop2": ["loop"],
        ])
        let policy = EasyAuthPolicy(scopes: scopes)
        #expect(decide(policy, principal(scope: ["admin"]), needing: ["read"]) == .permit)
        #expect(decide(policy, principal(scope: ["write"]), needing: ["read", "write"]) == .permit)
        #expect(decide(policy, principal(scope: ["read"]), needing: ["write"]) == .needsScope(["read", "write"]))
        #expect(scopes.expanding(["loop"]) == ["loop", "loop2"])
        // What is asked for next keeps what was held, not what it implied.
        #expect(decide(policy, principal(scope: ["admin"]), needing: ["other"]) == .needsScope(["admin", "other"]))
    }
}
