// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import ArgumentParser
import GateConfig
import GateObserve
import GateServer

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Put the gate in front of an MCP server.",
        discussion: """
            Serves until SIGTERM or SIGINT, then finishes what is under way. SIGHUP reads the configuration anew; so does saving a
            file. A configuration with errors is not put in force: the gate says what is wrong and keeps the old one.

            gatehouse serve --auth-settings auth.json --upstream http://127.0.0.1:3000 --public-url https://mcp.example.com
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let source = options.source
        let result = source.load()
        for diagnostic in result.diagnostics where diagnostic.severity != .note { printError("\(diagnostic)") }
        guard let settings = result.settings else {
            printError("Nothing was started. `gatehouse check` with the same options explains the configuration.")
            throw ExitCode(2)
        }
        let metrics = GatewayMetrics()
        let logger = LoggingBootstrap.start(settings.logging, metrics: metrics)
        do {
            try await GatewayServer(source: source, settings: settings, logger: logger, metrics: metrics).run()
        } catch {
            printError("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }
}
