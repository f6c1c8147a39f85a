// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateOAuth
import Testing

@Suite("Putting settings together")
struct LoadingTests {
    @Test("a custom provider with issuer and certificationUri is all that is needed")
    func loadsBench() throws {
        let result = Loading.load()

        #expect(result.diagnostics == [])
        let settings = try #require(result.settings)
        #expect(settings.publicURL?.description == "http://127.0.0.1:8080")
        #expect(settings.upstreams.map(\.url) == ["http://127.0.0.1:3000"])
        #expect(settings.globalValidation.unauthenticatedClientAction == .return401)
        let provider = try #require(settings[provider: ProviderID("bench")])
        #expect(provider.kind == .openIDConnect && provider.isEnabled)
        #expect(provider.clientID == ClientID("bench-client"))
        #expect(provider.issuer == "http://127.0.0.1:9000")
        #expect(provider.keySetURL == "http://127.0.0.1:9000/jwks")
        #expect(provider.wellKnown == nil)
    }

    @Test("the resource form, which wraps the document in properties, means the same", arguments: [false, true])
    func loadsResourceForm(isWrapped: Bool) throws {
        let document = """
            {"platform": {"enabled": true, "runtimeVersion": "~1"}, "httpSettings": {"requireHttps": false},
             "identityProviders": {
               "azureActiveDirectory": {"enabled": true,
                 "registration": {"openIdIssuer": "https://sts.windows.net/t/", "clientId": "c"},
                 "validation": {"allowedAudiences": ["api://c"],
                   "jwtClaimChecks": {"allowedGroups": ["g1"], "allowedClientApplications": ["a1"]},
                   "defaultAuthorizationPolicy": {
                     "allowedPrincipals": {"groups": ["g2"], "identities": ["i"]}, "allowedApplications": ["a2"]}},
                 "login": {"disableWWWAuthenticate": true}},
               "facebook": {"enabled": true, "registration": {}, "login": {}}}}
            """
        let wrapped = "{\"id\": \"/x\", \"name\": \"authsettingsV2\", \"type\": \"t\", \"properties\": \(document)}"

        let result = Loading.load(auth: isWrapped ? wrapped : document)

        #expect(
            result.diagnostics.map(\.message) == ["has no registration, and is left out"])
        let settings = try #require(result.settings)
        #expect(!settings.requiresHTTPS)
        let entra = try #require(settings[provider: .entra])
        #expect(entra.allowedAudiences == ["api://c"])
        #expect(entra.claimCheckGroups == ["g1"] && entra.claimCheckClients == ["a1"])
        #expect(
            entra.allowedGroups == ["g2"] && entra.allowedIdentities == ["i"] && entra.allowedApplications == ["a2"])
        #expect(entra.disablesWWWAuthenticate)
        #expect(settings[provider: .facebook]?.isEnabled == false)
    }

    @Test("every setting of gatehouse.yaml is read")
    func loadsGatehouse() throws {
        let result = Loading.load(
            yaml: """
                publicUrl: https://mcp.example.com
                listen: [0.0.0.0:8443, "[::]:8443"]
                operations: {listen: off}
                upstreams:
                  - url: http://127.0.0.1:3000
                    headTimeout: 250ms
                    connectTimeout: 1s
                    idleTimeout: 5m
                    maximumConnections: 10
                    preserveHost: true
                  - url: https://b.internal:8443
                    certificateAuthority: /ca.pem
                  - unix:/run/app.sock
                resources:
                  - path: /mcp
                    identifier: https://mcp.example.com/mcp
                    scopes: mcp.read mcp.write
                    requiredScopes: [mcp.read]
                    name: Tools
                  - {path: /api, mcp: false, upstream: "https://b.internal:8443"}
                  - {path: /socket, upstream: 2}
                providers:
                  bench:
                    allowedAudiences: [a, b]
                    algorithms: [RS256]
                    clockSkew: 10s
                    introspection:
                      endpoint: https://as.example/introspect
                      clientId: rs
                      clientSecretSettingName: RS_SECRET
                      authentication: post
                      cache: 5s
                keys: {refreshInterval: 30m, maximumAge: 12h}
                allowedOrigins: [https://app.example.com, vscode-webview://abc]
                allowedHosts: [internal.example]
                trustedProxies: [10.0.0.0/8, "::1"]
                limits: {headBytes: 16KiB, fields: 50, lineBytes: 4096, inspectedBodyBytes: 1MiB, connections: 7,
                  connectionsPerAddress: 3}
                timeouts: {head: 1s, idle: 2s, body: 3s, writeStall: 4s, drain: 0s}
                tls: {certificate: /c.pem, key: /k.pem}
                forwardAuthorization: false
                logging: {format: JSON, level: debug}
                audit: {to: /var/log/audit.jsonl}
                workers: 2
                """, environment: ["RS_SECRET": "s3cret"])

        #expect(result.diagnostics == [])
        let settings = try #require(result.settings)
        #expect(settings.publicURL?.description == "https://mcp.example.com")
        #expect(settings.listen == ["0.0.0.0:8443", "[::]:8443"])
        #expect(settings.operationsListen == nil)
        #expect(settings.upstreams[0].headTimeout == .milliseconds(250))
        #expect(settings.upstreams[0].idleTimeout == .seconds(300))
        #expect(settings.upstreams[0].preservesHost && settings.upstreams[0].maximumConnections == 10)
        #expect(settings.upstreams[2].url == "unix:/run/app.sock")
        #expect(settings.resources.map(\.upstream) == [0, 1, 2])
        #expect(settings.resources.map(\.isMCP) == [true, false, true])
        #expect(settings.resources[0].scopes.tokens == ["mcp.read", "mcp.write"])
        let provider = try #require(settings[provider: ProviderID("bench")])
        #expect(provider.allowedAudiences == ["a", "b"])
        #expect(provider.clockSkew == .seconds(10))
        #expect(provider.introspection?.secret == Secret("s3cret"))
        #expect(provider.introspection?.authentication == .post)
        #expect(settings.keys.maximumAge == .seconds(43_200))
        #expect(settings.limits.lineBytes == 4_096 && settings.limits.headBytes == 16_384)
        #expect(settings.limits.fieldCount == 50 && settings.limits.connectionsPerAddress == 3)
        #expect(settings.timeouts.drain == .zero && settings.timeouts.writeStall == .seconds(4))
        #expect(settings.tls == Settings.TLS(certificate: "/c.pem", key: "/k.pem"))
        #expect(settings.logging.format == .json && settings.logging.level == .debug)
        #expect(settings.audit == .file("/var/log/audit.jsonl"))
        #expect(settings.workers == 2)
    }

    @Test("flags win over GATEHOUSE_*, which wins over gatehouse.yaml, which wins over defaults")
    func ranksSources() throws {
        let yaml = Loading.upstream + "listen: 127.0.0.1:2\n"
        func load(_ environment: [String: String], _ flags: ConfigurationLoader.Flags = .init()) -> LoadResult {
            Loading.load(yaml: yaml, environment: environment, flags: flags)
        }
        let variables = ["GATEHOUSE_LISTEN": "127.0.0.1:3, [::1]:3", "GATEHOUSE_UPSTREAM": "http://b:1"]

        let byDefault = Loading.load()
        let byFile = load([:])
        let byVariable = load(variables)
        let byFlag = load(variables, .init(listen: ["127.0.0.1:4"], upstream: "http://c:1", operationsListen: "off"))

        #expect(byDefault.settings?.listen == ["127.0.0.1:8080"] && byDefault.origins["listen"] == nil)
        #expect(byFile.settings?.listen == ["127.0.0.1:2"] && byFile.origins["listen"] == "gatehouse.yaml:2")
        #expect(byVariable.settings?.listen == ["127.0.0.1:3", "[::1]:3"])
        #expect(byVariable.origins["listen"] == "environment GATEHOUSE_LISTEN")
        #expect(byVariable.settings?.upstreams.map(\.url) == ["http://b:1"])
        #expect(byFlag.settings?.listen == ["127.0.0.1:4"] && byFlag.origins["listen"] == "--listen")
        #expect(byFlag.settings?.upstreams.map(\.url) == ["http://c:1"])
        #expect(byFlag.settings?.operationsListen == nil)
        #expect(byFlag.settings?.publicURL?.description == "http://127.0.0.1:4")
        #expect(byFlag.origins["publicURL"] == "from listen")
    }

    @Test("WEBSITE_AUTH_* wins over documents")
    func appliesApplicationSettings() throws {
        let environment = [
            "WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES": "mcp.read, mcp.write",
            "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": "t1,t2",
            "WEBSITE_AUTH_USE_LEGACY_CLAIMS": "False",
            "WEBSITE_AUTH_OPENID_ISSUER": "https://login.microsoftonline.com/common/v2.0",
            "WEBSITE_AUTH_DEFAULT_PROVIDER": "AzureActiveDirectory",
            "WEBSITE_AUTH_NONCE_DURATION": "00:05:00", "WEBSITE_AUTH_LOGOUT_PATH": "/bye",
            "WEBSITE_AUTH_HIDE_DEPRECATED_SID": "true",
            "WEBSITE_AUTH_ENABLD": "true",
            "WEBSITE_AUTH_CLIENT_ID": "",
        ]

        let result = Loading.load(auth: Loading.entra(), environment: environment)

        let settings = try #require(result.settings)
        #expect(settings.prmScopes.tokens == ["mcp.read", "mcp.write"])
        #expect(!settings.usesLegacyClaims)
        let entra = try #require(settings[provider: .entra])
        #expect(entra.issuer == "https://login.microsoftonline.com/common/v2.0")
        #expect(entra.clientID == ClientID("c"))
        #expect(entra.allowedTenants == ["t1", "t2"])
        #expect(settings.globalValidation.redirectToProvider == .entra)
        #expect(settings.signIn.attemptLifetime == .seconds(300) && settings.signIn.logoutEndpoint == "/bye")
        #expect(
            result.diagnostics.map(\.description) == [
                "environment WEBSITE_AUTH_ENABLD: warning: WEBSITE_AUTH_ENABLD: unknown setting "
                    + "(did you mean WEBSITE_AUTH_ENABLED?)",
                "environment WEBSITE_AUTH_HIDE_DEPRECATED_SID: note: WEBSITE_AUTH_HIDE_DEPRECATED_SID: has no effect in "
                    + "this release",
            ])
    }

    @Test("a provider can be described by the environment alone")
    func describesProviderByEnvironment() throws {
        let result = Loading.load(
            auth: nil, yaml: nil,
            environment: [
                "WEBSITE_AUTH_DEFAULT_PROVIDER": "corp", "WEBSITE_AUTH_OPENID_ISSUER": "https://id.example.com",
                "WEBSITE_AUTH_CLIENT_ID": "c", "GATEHOUSE_UPSTREAM": "http://127.0.0.1:3000",
            ])

        #expect(result.diagnostics == [])
        let provider = try #require(result.settings?.providers.first)
        #expect(provider.id == ProviderID("corp") && provider.kind == .openIDConnect)
        #expect(provider.issuer == "https://id.example.com")
    }

    @Test("WEBSITE_AUTH_V2_CONFIG_JSON takes the place of auth.json")
    func readsDocumentFromEnvironment() throws {
        let result = Loading.load(auth: "{}", environment: ["WEBSITE_AUTH_V2_CONFIG_JSON": Loading.bench])

        #expect(result.settings?.providers.map(\.id.rawValue) == ["bench"])
        #expect(
            result.diagnostics.map(\.description) == [
                "auth.json: warning: is not read, since WEBSITE_AUTH_V2_CONFIG_JSON is set"
            ])
    }

    @Test("wellKnownOpenIdConfiguration puts the other addresses out of effect")
    func prefersWellKnown() throws {
        let result = Loading.load(
            auth: Loading.providers(
                """
                "openIdConnectProviders": {"a": {"registration": {"clientId": "c", "openIdConnectConfiguration": {
                  "issuer": "https://other.example", "certificationUri": "https://a.example/keys",
                  "wellKnownOpenIdConfiguration": "https://a.example/.well-known/openid-configuration"}}},
                 "b": {"registration": {"clientId": "c", "openIdConnectConfiguration": {
                  "issuer": "https://b.example/",
                  "wellKnownOpenIdConfiguration": "https://b.example/.well-known/openid-configuration"}}}}
                """))

        let settings = try #require(result.settings)
        #expect(settings[provider: ProviderID("a")]?.issuer == nil)
        #expect(settings[provider: ProviderID("a")]?.keySetURL == nil)
        #expect(settings[provider: ProviderID("b")]?.issuer == "https://b.example/")
        #expect(result.diagnostics.filter { $0.severity == .warning }.count == 2)
    }
}
