// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import ArgumentParser
import GateServer

@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A self-hosted gate for MCP servers.",
        discussion: """
            Gatehouse stands in front of an MCP server and lets in only callers with a valid token from your identity provider.
            It is configured like Azure App Service Authentication: an authsettingsV2 document, WEBSITE_AUTH_* settings, and
            gatehouse.yaml for what those cannot say.

            See it work:             gatehouse demo
            Understand a setup:      gatehouse check --auth-settings auth.json --show-origin
            Put it in front of one:  gatehouse serve --auth-settings auth.json --upstream http://127.0.0.1:3000 \\
                                         --public-url https://mcp.example.com --listen 127.0.0.1:8080
            """,
        version: Version.current,
        subcommands: [ServeCommand.self, CheckCommand.self, DemoCommand.self])
}
