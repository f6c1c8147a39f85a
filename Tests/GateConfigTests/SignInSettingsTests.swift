// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateOAuth
import Testing

@Suite("Settings of browser sign-in")
struct SignInSettingsTests {
    private static let key = String(repeating: "0123456789abcdef", count: 4)

    private static func auth(login: String = "{}", providerLogin: String = "{}", secret: Bool = true) -> String {
        """
        {"login": \(login), "identityProviders": {"customOpenIdConnectProviders": {"corp": {
          "registration": {"clientId": "c",
            \(secret ? #""clientCredential": {"method": "ClientSecretPost", "clientSecretSettingName": "CORP_SECRET"},"# : "")
            "openIdConnectConfiguration": {"issuer": "https://id.example.com",
              "authorizationEndpoint": "https://id.example.com/a", "tokenEndpoint": "https://id.example.com/t",
              "certificationUri": "https://id.example.com/k"}},
          "login": \(providerLogin)}}}}
        """
    }

    private static func load(_ auth: String, yaml: String = "", _ more: [String: String] = [:]) -> LoadResult {
        let environment = ["CORP_SECRET": "s3cret", "SESSION_KEY": key].merging(more) { $1 }
        return Loading.load(
            auth: auth, yaml: Loading.upstream + "signIn: {keySettingNames: SESSION_KEY}\n" + yaml,
            environment: environment)
    }

    @Test("login of authsettingsV2 is read whole")
    func reads() throws {
        let login = """
            {"routes": {"logoutEndpoint": "/bye"}, "allowedExternalRedirectUrls": ["https://x.example/", "app://done"],
             "cookieExpiration": {"convention": "IdentityProviderDerived", "timeToExpiration": "1.02:03:04"},
             "nonce": {"validateNonce": true, "nonceExpirationInterval": "00:07:00.5"}}
            """
        let providerLogin = """
            {"nameClaimType": "nick", "scopes": ["openid", "email"], "loginParameterNames": ["domain_hint"],
             "loginParameters": ["prompt=select_account", "x=a=b"]}
            """
        let result = Self.load(Self.auth(login: login, providerLogin: providerLogin))

        let settings = try #require(result.settings)
        #expect(result.diagnostics == [])
        #expect(settings.signIn.logoutEndpoint == "/bye")
        #expect(settings.signIn.allowedExternalRedirectURLs == ["https://x.example/", "app://done"])
        #expect(settings.signIn.expiration == .identityProviderDerived)
        #expect(settings.signIn.lifetime == .seconds(26 * 3_600 + 3 * 60 + 4))
        #expect(settings.signIn.attemptLifetime == .seconds(420))
        #expect(settings.signIn.keys == [Secret(Self.key)])
        let provider = try #require(settings.providers.first)
        #expect(provider.signsIn)
        #expect(provider.scopes == ["openid", "email"] && provider.loginParameterNames == ["domain_hint"])
        #expect(
            provider.loginParameters == [
                .init(name: "prompt", value: "select_account"), .init(name: "x", value: "a=b"),
            ])
        #expect(provider.authorizationEndpoint == "https://id.example.com/a")
        #expect(provider.tokenEndpoint == "https://id.example.com/t")
    }

    @Test("defaults are Easy Auth's")
    func defaults() throws {
        let signIn = try #require(Loading.load().settings).signIn

        #expect(signIn.lifetime == .seconds(8 * 3_600) && signIn.expiration == .fixedTime)
        #expect(signIn.cookieName == "AppServiceAuthSession" && signIn.keys.isEmpty)
    }

    @Test(
        "a time span that is none is a fault",
        arguments: [
            "8h", "08:00", "24:00:00", "00:60:00", "00:00:60", "-1:00:00", "1.2.3:00:00", "", "8:0:0:0", "००:०५:००",
        ])
    func timeSpans(_ text: String) {
        let result = Self.load(Self.auth(login: #"{"cookieExpiration": {"timeToExpiration": "\#(text)"}}"#))

        #expect(result.settings == nil)
        #expect(result.diagnostics.first?.path == "login.cookieExpiration.timeToExpiration")
        #expect(result.diagnostics.first?.expected == "hh:mm:ss, as in 08:00:00")
    }

    @Test("without a secret nobody can sign in, and RedirectToLoginPage says so")
    func withoutSecret() throws {
        let auth = Self.auth(secret: false)
            .replacing("{\"login\"", with: "{\"globalValidation\": {\"unauthenticatedClientAction\": \"0\"}, \"login\"")
        let result = Self.load(auth)

        #expect(try #require(result.settings).providers.first?.signsIn == false)
        #expect(result.diagnostics.map(\.path) == ["globalValidation.unauthenticatedClientAction"])
    }

    @Test("keys: App Service's own setting is one, short ones are refused, missing ones too")
    func keys() throws {
        let name = "WEBSITE_AUTH_ENCRYPTION_KEY"
        let own = Loading.load(
            auth: Self.auth(), environment: ["CORP_SECRET": "s", name: Self.key])
        #expect(own.settings?.signIn.keys == [Secret(Self.key)] && own.diagnostics == [])

        let short = Self.load(Self.auth(), ["SESSION_KEY": "0123456789"])
        #expect(short.settings == nil && short.diagnostics.first?.path == "signIn.keySettingNames[0]")
        #expect(!short.diagnostics.description.contains("0123456789"))

        let weak = Self.load(Self.auth(), ["SESSION_KEY": String(repeating: "0", count: 64)])
        #expect(weak.settings == nil && weak.diagnostics.first?.message == "the key is no random one")
        let twice = Loading.load(
            auth: Self.auth(), yaml: Loading.upstream + "signIn: {keySettingNames: [A, B]}\n",
            environment: ["CORP_SECRET": "s", "A": Self.key, "B": Self.key])
        #expect(twice.settings == nil && twice.diagnostics.first?.path == "signIn.keySettingNames[1]")

        let missing = Self.load(Self.auth(), ["SESSION_KEY": ""])
        #expect(
            missing.settings == nil && missing.diagnostics.first?.expected == "the environment variable SESSION_KEY")

        let none = Loading.load(auth: Self.auth(), environment: ["CORP_SECRET": "s"])
        #expect(none.settings?.signIn.keys.isEmpty == true)
        #expect(none.diagnostics.map(\.severity) == [.warning])
    }

    @Test(
        "faults are reported where they are",
        arguments: [
            (#"{"routes": {"logoutEndpoint": "bye"}}"#, "login.routes.logoutEndpoint"),
            (#"{"nonce": {"nonceExpirationInterval": "00:00:00"}}"#, "login.nonce.nonceExpirationInterval"),
            (#"{"cookieExpiration": {"convention": "Never"}}"#, "login.cookieExpiration.convention"),
        ])
    func faults(_ login: String, _ path: String) {
        let result = Self.load(Self.auth(login: login))

        #expect(result.settings == nil && result.diagnostics.first?.path == path)
    }

    @Test("a parameter without a name or a value is a fault", arguments: ["scope", "=x", ""])
    func parameters(_ text: String) {
        let result = Self.load(Self.auth(providerLogin: #"{"loginParameters": ["\#(text)"]}"#))

        #expect(result.settings == nil && result.diagnostics.first?.path.hasSuffix("login.loginParameters[0]") == true)
    }

    @Test(
        "a cookie's name is one",
        arguments: ["a b", "a=b", "a;b", "ä", "a.", "__Host-a", "__secure-a", String(repeating: "a", count: 65)])
    func cookieName(_ name: String) {
        let yaml = Loading.upstream + "signIn: {keySettingNames: SESSION_KEY, cookieName: \"\(name)\"}\n"
        let result = Loading.load(
            auth: Self.auth(), yaml: yaml, environment: ["CORP_SECRET": "s", "SESSION_KEY": Self.key])

        #expect(result.settings == nil && result.diagnostics.first?.path == "signIn.cookieName")
    }
}
