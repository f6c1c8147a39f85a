// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateCore
import GateIdentity
import GateOAuth
import GateObserve
import GateProxy
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
    }

    private let source: ConfigurationSource
    private let identity: IdentityService
    private let upstreams: UpstreamTable
    private let gatekeeper: Gatekeeper
    private let metrics: GatewayMetrics
    private let health: HealthState
    private let logger: Logger
    private let state: Mutex<State>

    init(
        source: ConfigurationSource, running: Settings, identity: IdentityService, upstreams: UpstreamTable,
        gatekeeper: Gatekeeper, metrics: GatewayMetrics, health: HealthState, logger: Logger
    ) {
        self.source = source
        self.identity = identity
        self.upstreams = upstreams
        self.gatekeeper = gatekeeper
        self.metrics = metrics
        self.health = health
        self.logger = logger
        state = Mutex(State(settings: running))
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
            let translation = try SettingsTranslation(settings)
            let configured = try settings.upstreams.map(UpstreamTranslation.upstream)
            let chains = try identity.makeChains(for: translation.providerConfigurations())
            let issuers = state.withLock { state in
                state.settings = settings
                return state.issuers
            }
            upstreams.replace(with: configured)
            gatekeeper.replace(with: translation.snapshot(chains: chains, issuers: issuers))
            metrics.configReloads.increment()
            health.report("configuration", notReady: nil)
            logger.notice("configuration reloaded")
        } catch {
            failed("\(error)")
        }
    }

    private func failed(_ why: String) {
        metrics.configReloadFailures.increment()
        logger.error("configuration not reloaded", metadata: ["error": "\(why)"])
    }

    /// Publishes issuers that discovery has found out since, byte for byte as their documents spell them.
    func publish(_ found: [ProviderID: String]) {
        let changed = state.withLock { state in
            guard state.issuers != found else { return false }
            state.issuers = found
            return true
        }
        guard changed else { return }
        do {
            let settings = state.withLock { $0.settings }
            let translation = try SettingsTranslation(settings)
            let chains = try identity.makeChains(for: translation.providerConfigurations())
            gatekeeper.replace(with: translation.snapshot(chains: chains, issuers: found))
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
