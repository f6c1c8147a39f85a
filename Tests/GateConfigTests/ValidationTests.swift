// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import Testing

@Suite("What deserves a word although it works")
struct ValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var auth = Loading.bench
        var yaml = Loading.upstream
        var environment: [String: String] = [:]
        var severity = ConfigDiagnostic.Severity.warning
        var path: String
        var message: String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "Entra ID for everybody",
            auth: Loading.entra(issuer: "https://login.microsoftonline.com/common/v2.0"),
            path: "identityProviders.azureActiveDirectory.registration.openIdIssuer", message: "admits every tenant"),
        Case(
            name: "offline_access as the resource's scope",
            environment: ["WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES": "offline_access"],
            path: "WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES", message: "offline_access is not a scope"),
        Case(
            name: "Entra ID, an api:// scope and an https resource", auth: Loading.entra(),
            environment: ["WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES": "api://c/user_impersonation"],
            path: "WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES", message: "AADSTS9010010"),
        Case(
            name: "the client's token passed on", yaml: Loading.upstream + "forwardAuthorization: true\n",
            path: "forwardAuthorization", message: "passes the client's token"),
        Case(
            name: "everything excluded", auth: "{\"globalValidation\":{\"excludedPaths\":[\"/*\"]}}",
            environment: ["WEBSITE_AUTH_CLIENT_ID": "c", "WEBSITE_AUTH_OPENID_ISSUER": "https://a.example/"],
            path: "globalValidation.excludedPaths[0]", message: "every request is let through"),
        Case(
            name: "switched off", auth: "{\"platform\":{\"enabled\":false}}", path: "platform.enabled",
            message: "every request is let through"),
        Case(
            name: "keys over http",
            environment: [
                "WEBSITE_AUTH_DEFAULT_PROVIDER": "bench", "WEBSITE_AUTH_OPENID_ISSUER": "http://id.example",
            ],
            path: "identityProviders.customOpenIdConnectProviders.bench.registration.openIdConnectConfiguration.issuer",
            message: "is http"),
        Case(
            name: "an excluded path that opens the MCP endpoint",
            auth: Loading.bench.replacing(
                "\"unauthenticatedClientAction\"",
                with: "\"excludedPaths\": [\"/mcp/*\"], \"unauthenticatedClientAction\""),
            path: "globalValidation.excludedPaths[0]", message: "opens the protected resource /mcp"),
        Case(
            name: "a token store", auth: Loading.bench.withLogin("\"tokenStore\": {\"enabled\": true}"),
            severity: .note, path: "login.tokenStore.enabled", message: "no effect"),
        Case(
            name: "fragments", auth: Loading.bench.withLogin("\"preserveUrlFragmentsForLogins\": true"),
            severity: .note, path: "login.preserveUrlFragmentsForLogins", message: "no effect"),
        Case(
            name: "a nonce that is not validated",
            auth: Loading.bench.withLogin("\"nonce\": {\"validateNonce\": false}"),
            path: "login.nonce.validateNonce", message: "always validated"),
        Case(
            name: "a secret for sign-in",
            auth: Loading.providers(
                "\"google\":{\"registration\":{\"clientId\":\"c\",\"clientSecretSettingName\":\"G\"}}"),
            severity: .note, path: "identityProviders.google.registration.clientSecretSettingName",
            message: "nobody can sign in with google"),
        Case(
            name: "a slip in a variable", environment: ["GATEHOUSE_LISTN": "127.0.0.1:1", "GATEHOUSE_PORT": "tcp://x"],
            path: "GATEHOUSE_LISTN", message: "unknown setting"),
    ]

    @Test("it loads, and says so once", arguments: cases)
    func warns(_ example: Case) {
        let result = Loading.load(auth: example.auth, yaml: example.yaml, environment: example.environment)

        #expect(result.settings != nil, "\(result.diagnostics)")
        let found = result.diagnostics.filter { $0.severity == example.severity }
        #expect(found.map(\.path) == [example.path])
        #expect(found.first?.message.contains(example.message) ?? false, "\(found)")
    }

    @Test(
        "an https scope, or an identifier that the scope fits, is not complained about",
        arguments: [
            "resources: [{path: /mcp, scopes: [\"https://m.example/mcp/use\"]}]",
            "resources: [{path: /mcp, identifier: \"api://c\", scopes: [\"api://c/use\"]}]",
        ])
    func staysQuiet(_ resources: String) {
        let result = Loading.load(auth: Loading.entra(), yaml: Loading.upstream + resources)

        #expect(result.diagnostics == [])
    }
}

extension String {
    fileprivate func withLogin(_ members: String) -> String {
        replacingPrefix("{", with: "{\"login\": {\(members)},")
    }

    private func replacingPrefix(_ prefix: String, with text: String) -> String {
        hasPrefix(prefix) ? text + dropFirst(prefix.count) : self
    }
}
