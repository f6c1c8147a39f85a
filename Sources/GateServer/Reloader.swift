// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateCore
import GateIdentity
import GateOAuth
import GateObserve
import GateProxy
import GateSession
import GateWeb
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Reads the configuration anew and puts it in force, or keeps the old one and says why.
///
/// Validate, then swap: until the new snapshot is complete nothing of the old one changes.
final class Reloader: Sendable {
    private struct State {
        var settings: Settings
        var issuers: [ProviderID: String] = [:]
        var upstreams: [UpstreamConfiguration]
        var upstreamGeneration = 1
    }

    private let source: ConfigurationSource
    private let identity: IdentityService
    private let upstreams: UpstreamTable
    private let gatekeeper: Gatekeeper
    private let signIn: SignInService
    private let sessions: BrowserSessions
    private let metrics: GatewayMetrics
    private let health: HealthState
    private let logger: Logger
    /// What the process was started with.
    private let started: Settings
    private let state: Mutex<State>

    init(
        source: ConfigurationSource, running: Settings, identity: IdentityService, upstreams: UpstreamTable,
        configured: [UpstreamConfiguration], gatekeeper: Gatekeeper, signIn: SignInService,
        sessions: BrowserSessions, metrics: GatewayMetrics, health: HealthState,
        logger: Logger
    ) {
        self.source = source
        self.identity = identity
        self.upstreams = upstreams
        self.gatekeeper = gatekeeper
        self.signIn = signIn
        self.sessions = sessions
        self.metrics = metrics
        self.health = health
        self.logger = logger
        started = running
        state = Mutex(State(settings: running, upstreams: configured))
    }

    /// The watcher of the files, the listener to SIGHUP, and the one that learns issuers from discovery.
    func services(paths: [String], auditLog: AuditLog?) -> [any Service] {
        let watcher = SettingsWatcher(paths: paths) { [self] in reload() }
        return [
            watcher, HangUps(watcher: watcher, auditLog: auditLog), IssuerDiscovery(reloader: self, identity: identity),
        ]
    }

    func reload() {
        let result = source.load()
        for diagnostic in result.diagnostics where diagnostic.severity != .note {
            logger.log(level: diagnostic.severity == .error ? .error : .warning, "\(diagnostic)")
        }
        guard let settings = result.settings else {
            return failed("the configuration has errors; the old one stays in force")
        }
        do {
            try state.withLock { state in try putInForce(settings, &state) }
            metrics.configReloads.increment()
            health.report("configuration", notReady: nil)
            for path in settings.needingRestart(since: started) {
                logger.warning(
                    "a changed setting takes effect at the next start", metadata: ["gatehouse.setting": "\(path)"])
            }
            logger.notice("configuration reloaded")
        } catch {
            failed("\(error)")
        }
    }

    /// Under the lock from beginning to end: what is in force is what was last read.
    private func putInForce(_ settings: Settings, _ state: inout State) throws {
        // Cookies and endpoints are made at the start: nothing of them may change in half.
        var settings = settings
        settings.signIn = started.signIn
        settings.apiPrefix = started.apiPrefix
        let translation = try SettingsTranslation(settings)
        let configured = try settings.upstreams.map(UpstreamTranslation.upstream)
        let made = try identity.make(
            chains: translation.providerConfigurations(), signIns: translation.signIn.configurations())
        if configured != state.upstreams {
            state.upstreamGeneration = upstreams.replace(with: configured)
            state.upstreams = configured
        }
        state.settings = settings
        gatekeeper.replace(
            with: translation.snapshot(
                chains: made.chains, issuers: state.issuers, upstreamGeneration: state.upstreamGeneration,
                sessions: sessions))
        signIn.replace(with: translation.signIn.service(made.signIns))
    }

    private func failed(_ why: String) {
        metrics.configReloadFailures.increment()
        logger.error("configuration not reloaded", metadata: ["error": "\(why)"])
    }

    /// Publishes issuers that discovery has found out since, byte for byte as their documents spell them.
    func publish(_ found: [ProviderID: String]) {
        do {
            try state.withLock { state in
                guard state.issuers != found else { return }
                let published = state.issuers
                state.issuers = found
                do {
                    try putInForce(state.settings, &state)
                } catch {
                    state.issuers = published
                    throw error
                }
            }
        } catch {
            logger.error("issuers not published", metadata: ["error": "\(error)"])
        }
    }
}

/// Reloads on SIGHUP, and opens the audit file anew, since log rotation uses the same signal.
private struct HangUps: Service {
    let watcher: SettingsWatcher
    let auditLog: AuditLog?

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            auditLog?.reopen()
            watcher.trigger()
        }
    }
}

/// Looks after the issuers that only discovery knows.
private struct IssuerDiscovery: Service {
    let reloader: Reloader
    let identity: IdentityService

    func run() async throws {
        await identity.warmUp()
        while !Task.isCancelled {
            var found: [ProviderID: String] = [:]
            for health in identity.health() { if let issuer = health.keys?.issuer { found[health.provider] = issuer } }
            reloader.publish(found)
            do { try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(5)) } } catch { return }
        }
    }
}
