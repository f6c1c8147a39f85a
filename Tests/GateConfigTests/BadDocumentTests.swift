// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import Testing

@Suite("What is wrong with documents")
struct BadDocumentTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var document: String
        var expected: [String]
        var testDescription: String { expected.joined(separator: " | ") }

        init(_ document: String, _ expected: String...) {
            self.document = document
            self.expected = expected
        }
    }

    static let yaml: [Case] = [
        Case(
            "upstream: http://127.0.0.1:3000\nlistne: 127.0.0.1:8080\n",
            "gatehouse.yaml:2:1: error: listne: unknown setting (did you mean listen?)"),
        Case(
            "upstream: http://127.0.0.1:3000\nfrobnicate: 1\n",
            "gatehouse.yaml:2:1: error: frobnicate: unknown setting"),
        Case(
            "upstream: http://127.0.0.1:3000\ntimeouts:\n  head: soon\n",
            "gatehouse.yaml:3:9: error: timeouts.head: \"soon\" does not fit; "
                + "expected a duration, as in 250ms, 30s, 5m or 1h"),
        Case(
            "upstream: http://127.0.0.1:3000\nlimits: {headBytes: 32KB}\n",
            "gatehouse.yaml:2:21: error: limits.headBytes: \"32KB\" does not fit; "
                + "expected a size, as in 32KiB or 4MiB, or a number of octets"),
        Case(
            "upstream: http://127.0.0.1:3000\nforwardAuthorization: \"true\"\n",
            "gatehouse.yaml:2:23: error: forwardAuthorization: \"true\" does not fit; expected true or false"),
        Case(
            "upstream: http://127.0.0.1:3000\nresources:\n  - path: mcp\n  - mcp: true\n  - path: /b\n    upstream: 3\n",
            "gatehouse.yaml:4:5: error: resources[1]: has no path; expected path: /mcp",
            "gatehouse.yaml:6:15: error: resources[2].upstream: \"3\" does not fit; "
                + "expected the URL or the index, from 0, of one of upstreams",
            "gatehouse.yaml:3:11: error: resources[0].path: \"mcp\" does not start with /; expected a path, as in /mcp"),
        Case(
            "upstream: http://127.0.0.1:3000\nresources: [{path: /mcp}, {path: /mcp/}]\n",
            "gatehouse.yaml:2:34: error: resources[1].path: /mcp/ is the path of another resource"),
        Case(
            "upstream: http://127.0.0.1:3000\nproviders:\n  bensh: {clockSkew: 10s}\n",
            "gatehouse.yaml:3:3: error: providers.bensh: there is no provider with this alias; expected bench "
                + "(did you mean bench?)"),
        Case(
            "upstream: http://127.0.0.1:3000\nproviders:\n  bench:\n    clockSkew: 5m\n    algorithms: [HS256]\n",
            "gatehouse.yaml:4:16: error: providers.bench.clockSkew: 5m is too long; expected at most 60s",
            "gatehouse.yaml:5:18: error: providers.bench.algorithms[0]: HS256 is not a signature that can be trusted "
                + "here; expected RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519"),
        Case(
            "upstream: http://127.0.0.1:3000\nproviders:\n  bench:\n    introspection: {clientSecretSettingName: S}\n",
            "gatehouse.yaml:4:20: error: providers.bench.introspection: the secret is missing; "
                + "expected the environment variable S"),
        Case(
            "upstream: http://127.0.0.1:3000\nproviders:\n  bench:\n    introspection: {clientSecretSettingName: a~b}\n",
            "gatehouse.yaml:4:46: error: providers.bench.introspection.clientSecretSettingName: is not the name of a "
                + "setting; expected letters, digits, '_', '-' and '.' "
                + "(the secret itself belongs into the environment variable that this names)"),
        Case(
            "listen: 127.0.0.1:8080\n",
            "error: upstream: is missing; expected where the application is, as in http://127.0.0.1:3000 "
                + "(set upstream in gatehouse.yaml, GATEHOUSE_UPSTREAM or --upstream)"),
        Case(
            "upstreams: [{headTimeout: 5s}]\n",
            "gatehouse.yaml:1:13: error: upstreams[0]: has no url; expected url: http://127.0.0.1:3000"),
        Case(
            "upstream: http://127.0.0.1:3000\nlisten: 0.0.0.0:8080\n",
            "error: publicURL: is missing, and cannot be told from an address that is not loopback; "
                + "expected what clients call this server, as in https://mcp.example.com"),
        Case(
            "upstream: http://127.0.0.1:3000\npublicURL: http://mcp.example.com\n",
            "gatehouse.yaml:2:12: error: publicURL: is http, so that tokens would cross the network unprotected; "
                + "expected https (TLS may end at a proxy before Gatehouse; the public URL is still https)"),
        Case(
            "upstream: http://127.0.0.1:3000\nlisten: [\"8080\", \"[::1:8080\"]\npublicURL: https://a.example\n",
            "gatehouse.yaml:2:10: error: listen[0]: \"8080\" is not an address; "
                + "expected host:port, as in 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080",
            "gatehouse.yaml:2:18: error: listen[1]: \"[::1:8080\" is not an address; "
                + "expected host:port, as in 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080"),
        Case(
            "upstream: ftp://127.0.0.1\n",
            "gatehouse.yaml:1:11: error: upstream: expected the scheme http or https, not ftp; "
                + "expected an http or https URL, or unix:/path"),
        Case(
            "upstream: http://127.0.0.1:3000\ntrustedProxies: [10.0.0.0/33, fd00::/8, here]\n",
            "gatehouse.yaml:2:18: error: trustedProxies[0]: \"10.0.0.0/33\" is not an address; "
                + "expected an address or a block, as in 10.0.0.0/8 or fd00::/8",
            "gatehouse.yaml:2:41: error: trustedProxies[2]: \"here\" is not an address; "
                + "expected an address or a block, as in 10.0.0.0/8 or fd00::/8"),
        Case(
            "upstream: http://127.0.0.1:3000\nallowedOrigins: ['*']\n",
            "gatehouse.yaml:2:18: error: allowedOrigins[0]: \"*\" is not an origin; "
                + "expected scheme, host and port only, as in https://app.example.com "
                + "(any page could call with what the user's browser holds)"),
        Case("a: [\n", "gatehouse.yaml:2:1: error: not YAML: did not find expected node content"),
        Case(
            "keys:\n\trefreshInterval: 1h\n",
            "gatehouse.yaml:2:1: error: not YAML: found character that cannot start any token "
                + "(YAML is indented with spaces, not with tabs)"),
        Case("listen: a:1\nlisten: b:1\n", "gatehouse.yaml:1:1: error: named twice: listen"),
        Case(
            "- 1\n", "gatehouse.yaml:1:1: error: a list does not fit; expected an object",
            "error: upstream: is missing; expected where the application is, as in http://127.0.0.1:3000 "
                + "(set upstream in gatehouse.yaml, GATEHOUSE_UPSTREAM or --upstream)"),
    ]

    @Test("faults of gatehouse.yaml are reported where they are", arguments: yaml)
    func reportsYAML(_ example: Case) {
        let result = Loading.load(yaml: example.document)

        let errors = result.diagnostics.filter { $0.severity == .error }.map(\.description)
        #expect(errors == example.expected)
        #expect(result.settings == nil)
    }

    static let json: [Case] = [
        Case("{\"platform\": {\"enabled\": true,}}", "auth.json:1:31: error: not JSON:"),
        Case("{\n  \"platform\": {},\n  \"platform\": {}\n}", "auth.json:3:3: error: not JSON:"),
        Case("{} {}", "auth.json:1:4: error: not JSON:"),
        Case(
            "{\n  \"platform\": { \"enabled\": \"true\" }\n}",
            "auth.json:2:28: error: platform.enabled: \"true\" does not fit; expected true or false",
            "error: identityProviders: no provider is enabled"),
        Case(
            Loading.providers("\n\"google\": {\"registration\": {\"clientId\": 5}}"),
            "auth.json:2:41: error: identityProviders.google.registration.clientId: \"5\" does not fit; expected text"),
        Case(
            "{\"globalValidation\": {\"unauthenticatedClientAction\": \"Return402\"}}",
            "auth.json:1:54: error: globalValidation.unauthenticatedClientAction: \"Return402\" does not fit; "
                + "expected RedirectToLoginPage, AllowAnonymous, Return401, Return403, Return404"),
        Case(
            "{\"globalValidation\": {\"excludedPaths\": [\"/a\", \"b\"]}}",
            "auth.json:1:47: error: globalValidation.excludedPaths[1]: \"b\" does not start with /"),
        Case(
            Loading.providers("\"azureActiveDirectory\": {\"registration\": {\"clientId\": \"c\"}}"),
            "auth.json:1:65: error: identityProviders.azureActiveDirectory.registration.openIdIssuer: is missing; "
                + "expected as in https://login.microsoftonline.com/<tenant>/v2.0"),
        Case(
            Loading.providers(
                "\"gitHub\": {\"registration\": {\"clientId\": \"c\", \"clientSecretSettingName\": \"G\"}}"),
            "error: identityProviders.gitHub.registration.clientSecretSettingName: the secret is missing"),
        Case(
            Loading.providers("\"customOpenIdConnectProviders\": {\"google\": {}}, \"google\": {}"),
            "error: identityProviders.google: there is another provider with the alias google"),
        Case(
            Loading.providers("\"customOpenIdConnectProviders\": {\"a\": {\"registration\": {\"clientId\": \"c\"}}}"),
            "error: identityProviders.customOpenIdConnectProviders.a.registration.openIdConnectConfiguration.issuer: "
                + "is missing; expected issuer or wellKnownOpenIdConfiguration"),
    ]

    @Test("faults of auth.json are reported where they are", arguments: json)
    func reportsJSON(_ example: Case) {
        let result = Loading.load(auth: example.document)

        let errors = result.diagnostics.filter { $0.severity == .error }.map(\.description)
        for expected in example.expected {
            #expect(errors.contains { $0.contains(expected) }, "\(errors)")
        }
        #expect(result.settings == nil)
    }

    @Test("an unknown setting of auth.json is a warning, since Microsoft may add some")
    func warnsOfUnknownAuthSettings() throws {
        let result = Loading.load(
            auth: Loading.providers("\"gogle\": {},\n\"google\": {\"registration\": {\"clientId\": \"c\"}}"))

        #expect(
            result.diagnostics.map(\.description) == [
                "auth.json:1:24: warning: identityProviders.gogle: unknown setting (did you mean google?)"
            ])
        #expect(result.settings != nil)
    }

    @Test("aliases that multiply are refused before memory is spent on them")
    func refusesAliasBombs() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(items)]\n"
        }

        let result = Loading.load(yaml: bomb)

        #expect(result.diagnostics.first?.message == "too many values, or aliases that multiply them")
    }

    @Test("stars that are no aliases are no fault, however many")
    func acceptsStars() {
        let words = (1...40).map { "# this is *so\($0) and &and, *so, *bold*\n" }.joined()

        #expect(Loading.load(yaml: "upstream: &and http://127.0.0.1:9000\n" + words).settings != nil)
    }

    @Test("every fault of both documents is reported at once")
    func reportsEverything() {
        let result = Loading.load(auth: "{\"platform\": {\"enabled\": 1}}", yaml: "listen: 1\nworkers: 0\n")

        let paths = Set(result.diagnostics.filter { $0.severity == .error }.map(\.path))
        #expect(paths.isSuperset(of: ["platform.enabled", "listen[0]", "workers", "upstream"]))
    }
}
