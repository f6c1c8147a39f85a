// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Foundation
package import GateConfig
import GateCore
import GateFetch
import GateIdentity
import GateOAuth
package import GateObserve
import GateProxy
import GateTime
import GateWeb
package import Logging
import NIOCore
import NIOPosix
package import ServiceLifecycle
import UnixSignals

/// The composition root: makes every service of one process from its settings, runs them, and swaps the snapshot on reload.
package struct GatewayServer: Sendable {
    private let source: ConfigurationSource
    private let settings: Settings
    private let logger: Logger
    private let metrics: GatewayMetrics
    private let observers: [any AuditSink]
    private let companions: [any Service]
    private let onStarted: @Sendable ([String]) -> Void

    /// - Parameters:
    ///   - observers: further readers of audit events.
    ///   - companions: services that run beside the gate and stop after it.
    ///   - onStarted: told the addresses once the gate listens.
    package init(
        source: ConfigurationSource, settings: Settings, logger: Logger, metrics: GatewayMetrics,
        observers: [any AuditSink] = [], companions: [any Service] = [],
        onStarted: @escaping @Sendable ([String]) -> Void = { _ in }
    ) {
        self.source = source
        self.settings = settings
        self.logger = logger
        self.metrics = metrics
        self.observers = observers
        self.companions = companions
        self.onStarted = onStarted
    }

    /// Runs until the process is asked to stop, then drains.
    ///
    /// - Throws: when an address cannot be opened, a certificate cannot be read, or a provider cannot work as configured.
    package func run() async throws {
        let problems = StartCheck(settings).problems()
        guard problems.isEmpty else { throw TranslationError(problems.joined(separator: "\n")) }
        let translation = try SettingsTranslation(settings)
        let fetcher = try AsyncHTTPFetcher(AsyncHTTPFetcher.Configuration(userAgent: "gatehouse/\(Version.current)"))
        do {
            try await run(translation, fetcher)
        } catch {
            await fetcher.shutdown()
            throw error
        }
        await fetcher.shutdown()
    }

    private func run(_ translation: SettingsTranslation, _ fetcher: AsyncHTTPFetcher) async throws {
        let health = HealthState()
        let identity = IdentityService(fetcher: fetcher, refresh: refreshPolicy, logger: logger) {
            [metrics] isSuccess in
            metrics.keyRefreshes.increment()
            if !isSuccess { metrics.keyRefreshFailures.increment() }
        }
        let configured = try settings.upstreams.map(UpstreamTranslation.upstream)
        let upstreams = UpstreamTable(configured)
        let auditLog = makeAuditLog()
        let audit = AuditFanOut((auditLog.map { [$0] } ?? []) + observers)
        let made = try identity.make(
            chains: translation.providerConfigurations(), signIns: translation.signIn.configurations())
        let keys = try translation.signIn.keyRing()
        let sessions = translation.signIn.sessions(keys)
        let signIn = SignInService(
            configuration: translation.signIn.service(made.signIns), sessions: sessions,
            attempts: translation.signIn.attempts(keys), audit: audit, clock: SystemWallClock(), logger: logger)
        let gatekeeper = Gatekeeper(
            snapshot: translation.snapshot(chains: made.chains, issuers: [:], sessions: sessions),
            clock: SystemWallClock(), audit: audit, metrics: metrics)
        let reloader = Reloader(
            source: source, running: settings, identity: identity, upstreams: upstreams, configured: configured,
            gatekeeper: gatekeeper, signIn: signIn, sessions: sessions, metrics: metrics, health: health, logger: logger
        )
        health.addCheck {
            identity.health().filter { !$0.isReady }.map {
                HealthState.Reason(component: $0.provider.rawValue, detail: $0.detail ?? "no keys yet")
            }
        }

        var configuration = try UpstreamTranslation.listener(settings)
        let certificates = try settings.tls.map { try ListenerTLS($0, logger: logger) }
        configuration.tls = certificates?.context
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: settings.workers ?? ProcessorCount.available)
        let link = ControlPlaneLink(
            try ControlPlane(
                configuration: .init(prefix: settings.apiPrefix, logoutEndpoint: settings.signIn.logoutEndpoint),
                signIn: signIn, logger: logger),
            logger: logger)
        let listener = GatewayListener(
            configuration: configuration, gate: gatekeeper, upstreams: upstreams, control: link.connector,
            metrics: metrics,
            clock: SystemWallClock(), group: group, logger: logger,
            onStarted: { [onStarted, logger] addresses in
                health.markStarted()
                logger.info(
                    "serving", metadata: ["gatehouse.listen": "\(addresses.map(\.description).joined(separator: ", "))"]
                )
                onStarted(addresses.map(\.description))
            },
            onDraining: { health.markDraining() })

        // The last one stops first: the gate drains while everything it needs still runs.
        var services: [any Service] = []
        if let operations = try operationsServer(health) { services.append(operations) }
        if let auditLog { services.append(auditLog) }
        services += companions
        services.append(identity)
        if let certificates { services.append(certificates) }
        services += reloader.services(paths: source.paths, auditLog: auditLog)
        services.append(listener)
        var group_ = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group_.maximumGracefulShutdownDuration = settings.timeouts.drain + .seconds(10)
        do {
            try await ServiceGroup(configuration: group_).run()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try? await group.shutdownGracefully()
    }

    private var refreshPolicy: KeyRefreshPolicy {
        let interval = settings.keys.refreshInterval
        return KeyRefreshPolicy(
            minimumLifetime: min(.seconds(300), interval), maximumLifetime: interval,
            defaultLifetime: min(.seconds(900), interval),
            staleLimit: settings.keys.maximumAge)
    }

    private func makeAuditLog() -> AuditLog? {
        let destination: FileSink.Destination
        switch settings.audit {
        case .off: return nil
        case .stdout: destination = .standardOutput
        case .stderr: destination = .standardError
        case .file(let path): destination = .file(path: path)
        }
        return AuditLog(sink: FileSink(destination), metrics: metrics, logger: logger)
    }

    private func operationsServer(_ health: HealthState) throws -> OperationsServer? {
        guard let listen = settings.operationsListen else { return nil }
        guard case .tcp(let host, let port) = try UpstreamTranslation.listenAddress(listen) else {
            throw TranslationError("the operations address must be host:port")
        }
        let process = ProcessMetrics(version: Version.current, startedAt: Date().timeIntervalSince1970)
        let metrics = metrics
        return OperationsServer(
            configuration: .init(host: host, port: port), health: health,
            metrics: [{ metrics.write(to: &$0) }, { process.write(to: &$0) }], logger: logger)
    }
}
