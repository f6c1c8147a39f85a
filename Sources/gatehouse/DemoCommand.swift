// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import ArgumentParser
import Foundation
import GateConfig
import GateDemo
import GateObserve
import GateServer

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See the whole flow on this machine: identity provider, gate and MCP server in one process.",
        discussion: """
            Prints what to paste into Claude Code, VS Code, Cursor, Codex and MCP Inspector, and a line for each step of each login.
            Everything listens on loopback only; keys and users are made for the occasion and gone afterwards.
            """)

    @Option(help: ArgumentHelp("The gate's address; the next two ports are taken as well.", valueName: "host:port"))
    var listen = DemoScenario.defaultListen

    func run() async throws {
        do {
            try await serve()
        } catch let error as ExitCode {
            throw error
        } catch {
            printError("gatehouse demo: \(error)")
            throw ExitCode(1)
        }
    }

    private func serve() async throws {
        let scenario = try DemoScenario(listen: listen)
        var source = ConfigurationSource(environment: scenario.applicationSettings)
        source.documents = (
            authSettings: SourceFile(name: "demo/auth.json", bytes: scenario.authSettings),
            gatehouse: SourceFile(name: "demo/gatehouse.yaml", bytes: scenario.gateDocument)
        )
        let result = source.load()
        guard var settings = result.settings else {
            for diagnostic in result.diagnostics { printError("\(diagnostic)") }
            throw ExitCode(2)
        }
        settings.logging.level = .warning
        settings.audit = .off
        settings.operationsListen = nil
        let metrics = GatewayMetrics()
        let logger = LoggingBootstrap.start(settings.logging, metrics: metrics)
        let narrator = DemoNarrator(sink: FileSink(.standardOutput))
        let services = try scenario.services(version: Version.current, logger: logger) { narrator.tell($0) }
        let banner = DemoBanner(scenario).text
        try await GatewayServer(
            source: source, settings: settings, logger: logger, metrics: metrics, observers: [narrator],
            companions: services, onStarted: { _ in FileHandle.standardOutput.write(Data((banner + "\n").utf8)) }
        ).run()
    }
}
