// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// The revisions that begin with `initialize`: 2025-03-26, 2025-06-18 and 2025-11-25, without sessions.
struct MCPHandshakeDialect: Sendable {
    static let revisions = ["2025-11-25", "2025-06-18", "2025-03-26"]

    let toolbox: MCPToolbox
    let version: String

    /// Answers one request.
    func answer(
        _ message: MCPMessage, from caller: DemoCaller, notify: (@Sendable (JSONValue) async throws -> Void)?
    ) async -> MCPOutcome {
        switch message.method {
        case "initialize": return initialize(message)
        case "ping": return .result([:])
        case "tools/list": return .result(toolbox.list)
        case "tools/call": return await toolbox.call(message, from: caller, notify: notify)
        default: return .failure(.methodNotFound(message.method))
        }
    }

    /// The client's revision if we speak it, else our latest; the client decides whether to go on (MCP, lifecycle).
    private func initialize(_ message: MCPMessage) -> MCPOutcome {
        guard let requested = message.params["protocolVersion"]?.string else {
            return .failure(.invalidParams("'protocolVersion' must be a text"))
        }
        let spoken = Self.revisions.contains(requested) ? requested : Self.revisions[0]
        return .result([
            "protocolVersion": .string(spoken),
            "capabilities": .object(MCPToolbox.capabilities),
            "serverInfo": .object(MCPToolbox.serverInfo(version: version)),
            "instructions": .string(MCPToolbox.instructions),
        ])
    }
}
