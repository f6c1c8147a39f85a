// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import Testing

@Suite("Spellings that App Service has")
struct AppServiceSpellingsTests {
    static let actions: [(text: String, action: Settings.UnauthenticatedClientAction)] = [
        ("\"Return401\"", .return401), ("\"return401\"", .return401), ("\"RejectWith401\"", .return401),
        ("2", .return401), ("\"Return403\"", .return403), ("3", .return403), ("\"AllowAnonymous\"", .allowAnonymous),
        ("1", .allowAnonymous), ("\"RedirectToLoginPage\"", .redirectToLoginPage), ("0", .redirectToLoginPage),
        ("\"Return404\"", .return404), ("\"RejectWith404\"", .return404),
    ]

    @Test("unauthenticatedClientAction in each of its spellings", arguments: actions.indices)
    func action(_ index: Int) throws {
        let (text, action) = Self.actions[index]
        let auth = Loading.bench.replacing("\"Return401\"", with: text)

        let result = Loading.load(auth: auth)

        #expect(result.settings?.globalValidation.unauthenticatedClientAction == action)
        #expect(result.origins["globalValidation.unauthenticatedClientAction"] == "auth.json:2")
        let warnings = result.diagnostics.filter { $0.severity == .warning }
        #expect(warnings.count == (text.contains("404") ? 1 : 0))
    }

    @Test(
        "an older setting that keeps somebody out is an error, not forgotten",
        arguments: [
            ("WEBSITE_AUTH_AAD_CLAIMS_AUTHORIZATION", "{\"allowed_groups\":[\"g\"]}"),
            ("WEBSITE_AUTH_CUSTOM_AUTHZ_SETTINGS", "x"),
        ])
    func restriction(_ name: String, _ value: String) {
        let result = Loading.load(environment: [name: value])

        #expect(result.settings == nil)
        #expect(result.diagnostics.contains { $0.severity == .error && $0.path == name })
    }

    @Test("a restriction that is switched off, or empty, is none", arguments: ["false", "0", ""])
    func noRestriction(_ value: String) {
        let result = Loading.load(environment: ["WEBSITE_AUTH_CUSTOM_AUTHZ_SETTINGS": value])

        #expect(result.diagnostics == [])
    }

    @Test(
        "Entra's tokens must name their user or service principal when the setting says so", arguments: [true, false])
    func objectIDs(_ isEntra: Bool) {
        let result = Loading.load(
            auth: isEntra ? Loading.entra() : Loading.bench,
            environment: ["WEBSITE_AUTH_AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL": "true"])

        #expect(result.settings?.requiresObjectID == true)
        let hints = result.diagnostics.filter { $0.path.hasSuffix("CLIENT_SERVICE_PRINCIPAL") }
        #expect(hints.map(\.severity) == (isEntra ? [] : [.warning]))
    }

    @Test("where documents and secrets are is nothing unknown")
    func places() {
        let result = Loading.load(environment: ["GATEHOUSE_CONFIG": "/a", "GATEHOUSE_SECRETS": "/b"])

        #expect(result.diagnostics == [])
    }
}
