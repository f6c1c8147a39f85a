// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateIdentity
import GateOAuth
import GateSeal
import GateSession
import GateTime
import Testing

@testable import GateServer

/// Who can sign in, where, and with which keys.
@Suite struct SignInTranslationTests {
    private static func provider(
        _ id: ProviderID, _ kind: Settings.Provider.Kind, secret: String? = "s3cret"
    ) -> Settings.Provider {
        var provider = Settings.Provider(id: id, kind: kind)
        provider.clientID = ClientID("client-\(id)")
        provider.clientSecret = secret.map { Secret($0) }
        provider.issuer = kind == .entra ? "https://login.microsoftonline.com/common/v2.0" : "https://id.example"
        return provider
    }

    private static func translation(
        _ providers: [Settings.Provider], at url: String = "https://m.example",
        _ adjust: (inout Settings) -> Void = { _ in }
    ) throws -> SignInTranslation {
        var settings = Settings()
        settings.providers = providers
        adjust(&settings)
        return SignInTranslation(settings: settings, publicURL: try HTTPURL(url))
    }

    @Test("one provider is gone to at once, several are a choice unless one is preferred, none is no sign-in")
    func paths() throws {
        let (corp, hub) = (Self.provider(ProviderID("corp"), .openIDConnect), Self.provider(.gitHub, .gitHub))
        #expect(try Self.translation([corp]).path == "/.auth/login/corp")
        #expect(try Self.translation([corp, hub]).path == "/.auth/login")
        #expect(
            try Self.translation([corp, hub]) { $0.globalValidation.redirectToProvider = .gitHub }.path
                == "/.auth/login/github")
        let silent = Self.provider(ProviderID("corp"), .openIDConnect, secret: nil)
        #expect(try Self.translation([silent]).path == nil)
        #expect(
            try Self.translation([silent, hub]) { $0.globalValidation.redirectToProvider = ProviderID("corp") }.path
                == "/.auth/login/github")
        #expect(try Self.translation([corp]) { $0.platformEnabled = false }.path == nil)
        #expect(try Self.translation([Self.provider(.apple, .apple)]).path == nil)
    }

    @Test("another issuer or client is another registration")
    func registrations() throws {
        var all: Set<String?> = []
        for (issuer, client) in [("a", "c"), ("b", "c"), ("a", "d")] {
            var provider = Self.provider(ProviderID("corp"), .openIDConnect)
            provider.issuer = "https://\(issuer).example"
            provider.clientID = ClientID(client)
            all.insert(try Self.translation([provider]).registrations[ProviderID("corp")])
        }
        #expect(all.count == 3 && !all.contains(nil))
    }

    @Test("Entra answers by form over https, in the query where browsers would send no cookie along")
    func formPost() throws {
        for (url, isForm) in [("https://m.example", true), ("http://localhost:8080", false)] {
            let all = try Self.translation([Self.provider(.entra, .entra)], at: url).configurations()
            guard case .openIDConnect(let configuration)? = all.first else {
                Issue.record("no provider")
                continue
            }
            #expect(configuration.usesFormPost == isForm)
            #expect(configuration.scopes == ["openid", "profile", "email"])
            guard case .entra(let tokens) = configuration.tokens else {
                Issue.record("not Entra")
                continue
            }
            #expect(tokens.acceptsIDTokens && tokens.allowedAudiences.isEmpty)
        }
    }

    @Test("keys: hexadecimal digits are octets, other text is itself, none is one of the process's own")
    func keys() throws {
        let hex = String(repeating: "0a1B", count: 16)
        let octets = [UInt8]((0..<32).map { $0.isMultiple(of: 2) ? 0x0A : 0x1B })
        let plain = "not hexadecimal but long enough to be a key"
        func ring(_ keys: [String]) throws -> KeyRing {
            try Self.translation([]) { $0.signIn.keys = keys.map { Secret($0) } }.keyRing()
        }
        let box = try KeyRing(secrets: [octets]).seal([1, 2], for: .session)
        #expect(try ring([hex]).open(box, for: .session) == [1, 2])
        #expect(try ring([plain, hex]).open(box, for: .session) == [1, 2])
        let other = try KeyRing(secrets: [Array(plain.utf8)]).seal([3], for: .session)
        #expect(try ring([plain]).open(other, for: .session) == [3])
        #expect(try ring([]).open(ring([]).seal([1], for: .session), for: .session) == nil)
        #expect(throws: SealError.repeatedSecret(1)) { try ring([hex, hex]) }
    }

    @Test("cookies are secure where the public URL is, and both of ours are known to the gate")
    func cookies() throws {
        let secure = try Self.translation([])
        let plain = try Self.translation([], at: "http://localhost:8080") { $0.signIn.cookieName = "mine" }
        let now = Instant(seconds: 1_795_392_000)
        let session = Session(
            principal: Principal(provider: .google, issuer: IssuerURL("i"), subject: "s"), registration: "",
            signedInAt: now, expiresAt: now + .seconds(60))

        #expect(secure.cookieNames == ["AppServiceAuthSession", "__Host-GatehouseSignIn.", "GatehouseSignIn."])
        #expect(plain.cookieNames == ["mine", "__Host-GatehouseSignIn.", "GatehouseSignIn."])
        let set = try secure.sessions(secure.keyRing()).begin(session, replacing: [], at: now)
        #expect(set[0].contains("; Secure;"))
        let other = try plain.sessions(plain.keyRing()).begin(session, replacing: [], at: now)
        #expect(other[0].hasPrefix("mine=1.") && !other[0].contains("Secure"))
    }
}
