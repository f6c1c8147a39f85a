// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import ArgumentParser
import Foundation
import GateConfig
import GateServer

/// Where the configuration is, and the few settings that flags may give; flags win over everything else.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("gatehouse.yaml: what an authsettingsV2 document cannot say.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("An authsettingsV2 document, in file form or as exported from ARM.", valueName: "file"))
    var authSettings: String?

    @Option(
        help: ArgumentHelp("Where to listen, host:port or unix:/path. Default: 127.0.0.1:8080.", valueName: "address"))
    var listen: String?

    @Option(help: ArgumentHelp("The MCP server behind the gate: http://…, https://… or unix:/path.", valueName: "url"))
    var upstream: String?

    @Option(
        help: ArgumentHelp("What clients call this gate; identifiers and metadata are built from it.", valueName: "url")
    )
    var publicURL: String?

    @Option(
        help: ArgumentHelp(
            "Where health and metrics are served, or off. Default: 127.0.0.1:9464.", valueName: "address"))
    var operationsListen: String?

    @Option(
        help: ArgumentHelp(
            "A directory with one file for each secret, named as the setting is.", valueName: "directory"))
    var secrets: String?

    var source: ConfigurationSource {
        var flags = ConfigurationLoader.Flags()
        flags.listen = listen.map { [$0] }
        flags.upstream = upstream
        flags.publicURL = publicURL
        flags.operationsListen = operationsListen
        return ConfigurationSource(
            authSettingsPath: authSettings, gatehousePath: config, environment: ProcessInfo.processInfo.environment,
            secretDirectory: secrets, flags: flags)
    }
}

/// Text for people goes to standard error, so that standard output stays for what was asked for.
func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
