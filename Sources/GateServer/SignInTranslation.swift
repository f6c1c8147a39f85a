// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateCore
import GateIdentity
import GateOAuth
import GateSeal
import GateSession
import GateTime
import GateWeb

/// Turns what was configured about browser sign-in into what its services take.
struct SignInTranslation {
    let settings: Settings
    let publicURL: HTTPURL

    private var providers: [Settings.Provider] { settings.providers.filter(\.signsIn) }

    /// Whether anybody can sign in.
    var isOffered: Bool { !providers.isEmpty && settings.platformEnabled }

    /// Where `RedirectToLoginPage` sends a browser.
    var path: String? {
        guard isOffered else { return nil }
        let base = "\(settings.apiPrefix)/login"
        guard let preferred else { return base }
        return "\(base)/\(FormParameters.encode(preferred.rawValue))"
    }

    /// `redirectToProvider` if people can sign in there, else the only provider.
    var preferred: ProviderID? {
        if let wanted = settings.globalValidation.redirectToProvider, providers.contains(where: { $0.id == wanted }) {
            return wanted
        }
        return providers.count == 1 ? providers.first?.id : nil
    }

    // MARK: sessions, once for the process

    private var attributes: CookieAttributes { CookieAttributes(isSecure: publicURL.scheme == .https) }

    /// Names of the cookies that are the gate's own; with a number or a suffix behind a dot they are, too.
    var cookieNames: [String] {
        [settings.signIn.cookieName, SignInCookies.prefix(isSecure: true), SignInCookies.prefix(isSecure: false)]
    }

    /// The configured keys; without any, ones that live as long as the process.
    func keyRing() throws(SealError) -> KeyRing {
        let secrets = settings.signIn.keys.map { Self.octets($0.revealed) }
        return try KeyRing(secrets: secrets.isEmpty ? [RandomID.octets(32)] : secrets)
    }

    /// Hexadecimal digits stand for octets, as in `WEBSITE_AUTH_ENCRYPTION_KEY`; any other text for itself.
    private static func octets(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        var octets: [UInt8] = []
        guard digits.count >= 64, digits.count.isMultiple(of: 2) else { return digits }
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let octet = UInt8(String(decoding: digits[start..<(start + 2)], as: UTF8.self), radix: 16),
                digits[start] != UInt8(ascii: "+")
            else { return digits }
            octets.append(octet)
        }
        return octets
    }

    func sessions(_ keys: KeyRing) -> BrowserSessions {
        BrowserSessions(
            .init(cookieName: settings.signIn.cookieName, site: publicURL.origin, attributes: attributes), keys: keys)
    }

    func attempts(_ keys: KeyRing) -> SignInCookies {
        SignInCookies(
            .init(lifetime: settings.signIn.attemptLifetime, site: publicURL.origin, attributes: attributes),
            keys: keys)
    }

    // MARK: providers, anew with every configuration

    func configurations() throws(TranslationError) -> [SignInConfiguration] {
        var configurations: [SignInConfiguration] = []
        for provider in providers {
            configurations.append(try ProviderTranslation(provider: provider).signIn(isSecure: attributes.isSecure))
        }
        return configurations
    }

    /// - Parameter adapters: one for each of ``configurations()``, in the same order.
    func service(_ adapters: [any SignInProvider]) -> SignInService.Configuration {
        let offered = zip(providers, adapters).compactMap { provider, adapter in
            provider.clientID.map { clientID in
                SignInService.Provider(
                    adapter: adapter, name: Self.name(provider), clientID: clientID,
                    registration: Self.registration(provider),
                    linkParameters: provider.loginParameterNames)
            }
        }
        return SignInService.Configuration(
            publicURL: publicURL, prefix: settings.apiPrefix, providers: isOffered ? offered : [],
            preferred: preferred,
            returnTarget: ReturnTarget(
                publicURL: publicURL, prefix: settings.apiPrefix, logoutEndpoint: settings.signIn.logoutEndpoint,
                allowedExternal: settings.signIn.allowedExternalRedirectURLs),
            lifetime: settings.signIn.lifetime,
            endsWithToken: settings.signIn.expiration == .identityProviderDerived,
            claimsNaming: settings.usesLegacyClaims ? .legacy : .modern)
    }

    /// By provider, what sessions made with it are of.
    var registrations: [ProviderID: String] {
        Dictionary(providers.map { ($0.id, Self.registration($0)) }) { first, _ in first }
    }

    /// Whoever changes the issuer or the client signs everybody out that came by the old one.
    private static func registration(_ provider: Settings.Provider) -> String {
        let issuer = provider.issuer ?? provider.wellKnown ?? provider.apiBaseURL ?? ""
        return "\(provider.kind.rawValue) \(issuer) \(provider.clientID?.rawValue ?? "")"
    }

    /// What people know the provider by.
    private static func name(_ provider: Settings.Provider) -> String {
        switch provider.kind {
        case .entra, .microsoftAccount: "Microsoft"
        case .google: "Google"
        case .gitHub: "GitHub"
        case .apple: "Apple"
        case .facebook: "Facebook"
        case .x: "X"
        case .openIDConnect: provider.id.rawValue
        }
    }
}
