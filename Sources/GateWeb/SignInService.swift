// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateIdentity
import GateJSON
package import GateOAuth
package import GateObserve
package import GateSession
package import GateTime
package import Logging
import Synchronization

/// What the endpoints of browser sign-in share: the providers of the configuration in force, and the sessions.
package final class SignInService: Sendable {
    /// A provider that people can sign in with.
    package struct Provider: Sendable {
        package var adapter: any SignInProvider
        /// What the page that offers a choice calls it.
        package var name: String
        /// The application that sessions are for, as far as policy is concerned: our own registration.
        package var clientID: ClientID
        /// What sessions made with it are of: its issuer and client, as configured.
        package var registration: String
        /// Parameters that a link to the sign-in may hand on, besides ``SignInParameters/usual``.
        package var linkParameters: [String]

        package init(
            adapter: any SignInProvider, name: String, clientID: ClientID, registration: String,
            linkParameters: [String] = []
        ) {
            self.adapter = adapter
            self.name = name
            self.clientID = clientID
            self.registration = registration
            self.linkParameters = linkParameters
        }

        package var id: ProviderID { adapter.id }
    }

    package struct Configuration: Sendable {
        package var publicURL: HTTPURL
        /// Easy Auth's `httpSettings.routes.apiPrefix`, without a slash at the end.
        package var prefix: String
        package var providers: [Provider]
        /// `redirectToProvider`, else the only provider: where the sign-in leads without a choice.
        package var preferred: ProviderID?
        package var returnTarget: ReturnTarget
        /// How long a session lasts at most.
        package var lifetime: Duration
        /// Whether it ends with the provider's token when that is sooner (`IdentityProviderDerived`).
        package var endsWithToken: Bool
        package var claimsNaming: EasyAuthClaims.Naming

        package init(
            publicURL: HTTPURL, prefix: String, providers: [Provider], preferred: ProviderID?,
            returnTarget: ReturnTarget, lifetime: Duration, endsWithToken: Bool, claimsNaming: EasyAuthClaims.Naming
        ) {
            self.publicURL = publicURL
            self.prefix = prefix
            self.providers = providers
            self.preferred = preferred
            self.returnTarget = returnTarget
            self.lifetime = lifetime
            self.endsWithToken = endsWithToken
            self.claimsNaming = claimsNaming
        }

        func provider(_ alias: String) -> Provider? { providers.first { $0.id.rawValue.isExactly(alias) } }

        /// The redirect URI that is registered at the provider, from configuration only (defence D28).
        func redirectURI(_ provider: Provider) -> String {
            "\(publicURL.origin)\(prefix)/login/\(FormParameters.encode(provider.id.rawValue))/callback"
        }
    }

    private let current: Mutex<Configuration>
    let sessions: BrowserSessions
    let attempts: SignInCookies
    let audit: any AuditSink
    let clock: any WallClock
    let logger: Logger

    package init(
        configuration: Configuration, sessions: BrowserSessions, attempts: SignInCookies, audit: any AuditSink,
        clock: any WallClock, logger: Logger
    ) {
        current = Mutex(configuration)
        self.sessions = sessions
        self.attempts = attempts
        self.audit = audit
        self.clock = clock
        self.logger = logger
    }

    var configuration: Configuration { current.withLock { $0 } }

    /// How many answers of providers are redeemed at a time; each may hold a connection that checking tokens needs as well.
    static let mostRedemptions = 16
    private let redemptions = Atomic<Int>(0)

    /// Runs `body` unless too many do; nil then.
    func redeeming<Value: Sendable>(_ body: () async -> Value) async -> Value? {
        defer { redemptions.wrappingSubtract(1, ordering: .relaxed) }
        guard redemptions.wrappingAdd(1, ordering: .relaxed).newValue <= Self.mostRedemptions else { return nil }
        return await body()
    }

    /// The browser's session, if it is of a provider as it is configured now.
    func session(of exchange: WebExchange) -> Session? {
        guard let session = sessions.current(in: exchange.cookies, at: clock.now),
            let provider = configuration.providers.first(where: { $0.id == session.principal.provider }),
            provider.registration.isExactly(session.registration)
        else { return nil }
        return session
    }

    /// Puts another configuration in force; sign-ins that are under way are finished under it.
    package func replace(with configuration: Configuration) { current.withLock { $0 = configuration } }
}
