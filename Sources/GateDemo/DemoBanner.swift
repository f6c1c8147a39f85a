// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What the demo says when it is ready: where everything is, and what to paste into which client.
package struct DemoBanner: Sendable {
    private let scenario: DemoScenario

    package init(_ scenario: DemoScenario) { self.scenario = scenario }

    package var text: String {
        let users = DemoUser.everybody.map { "\($0.username) / \($0.password)" }.joined(separator: "   ")
        return """

            Gatehouse demo: everything on this machine, nothing leaves it.

              MCP endpoint        \(scenario.endpoint)
              identity provider   \(scenario.issuer)
              sample server       \(scenario.upstreamURL)\(DemoMCPServer.path)   (what the gate protects)
              sign in as          \(users)

            Connect a client (it opens a browser for the sign-in):

            \(clients)
            Or look at what a client without a token is told:

              curl -i \(scenario.endpoint)

            Every step shows up below. Stop with Ctrl-C.

            """
    }

    private var clients: String {
        """
          Claude Code
            claude mcp add --transport http \(Self.name) \(scenario.endpoint)
            then, in Claude Code:  /mcp

          VS Code (.vscode/mcp.json)
            { "servers": { "\(Self.name)": { "type": "http", "url": "\(scenario.endpoint)" } } }

          Cursor (.cursor/mcp.json)
            { "mcpServers": { "\(Self.name)": { "url": "\(scenario.endpoint)" } } }

          Codex (~/.codex/config.toml)
            [mcp_servers.\(Self.name)]
            url = "\(scenario.endpoint)"
            then:  codex mcp login \(Self.name)

          MCP Inspector
            npx @modelcontextprotocol/inspector
            then choose "Streamable HTTP" and \(scenario.endpoint)

        """
    }

    private static let name = "gatehouse-demo"
}
