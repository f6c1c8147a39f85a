// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// Revision 2026-07-28: no handshake and no session; each request says in `_meta` and in header fields what it is.
struct MCPStatelessDialect: Sendable {
    static let revisions = ["2026-07-28"]

    private static let versionKey = "io.modelcontextprotocol/protocolVersion"
    private static let capabilitiesKey = "io.modelcontextprotocol/clientCapabilities"
    private static let serverInfoKey = "io.modelcontextprotocol/serverInfo"

    let toolbox: MCPToolbox
    let version: String

    /// Whether a body without a version field is meant for this revision.
    static func isMeant(by message: MCPMessage) -> Bool { message.meta?[versionKey] != nil }

    /// Checks that `_meta`, header fields and body agree; the first disagreement is the answer.
    func refusal(of message: MCPMessage, in request: DemoRequest) -> MCPFailure? {
        guard let meta = message.meta, let given = meta[Self.versionKey], meta[Self.capabilitiesKey]?.object != nil
        else {
            return .invalidParams("_meta must have \(Self.versionKey) and \(Self.capabilitiesKey)")
        }
        guard let revision = given.string else {
            return .invalidParams("\(Self.versionKey) must be a text")
        }
        guard request.field("mcp-protocol-version") == revision else {
            return .headerMismatch("MCP-Protocol-Version does not agree with the body's _meta")
        }
        guard request.field("mcp-method") == message.method else {
            return .headerMismatch("Mcp-Method does not agree with the body's method")
        }
        if message.method == "tools/call", let name = message.params["name"]?.string {
            guard let field = request.field("mcp-name"), Self.decode(field) == name else {
                return .headerMismatch("Mcp-Name does not agree with the body's name")
            }
        }
        guard Self.revisions.contains(revision) else {
            return .unsupportedVersion(revision, supported: Self.revisions)
        }
        return nil
    }

    /// Answers a request that was not refused.
    func answer(
        _ message: MCPMessage, from caller: DemoCaller, notify: (@Sendable (JSONValue) async throws -> Void)?
    ) async -> MCPOutcome {
        switch message.method {
        case "server/discover":
            return complete(
                [
                    "supportedVersions": .array(Self.revisions.map(JSONValue.string)),
                    "capabilities": .object(MCPToolbox.capabilities),
                    "instructions": .string(MCPToolbox.instructions),
                ], isCacheable: true)
        case "tools/list": return complete(toolbox.list, isCacheable: true)
        case "tools/call":
            switch await toolbox.call(message, from: caller, notify: notify) {
            case .result(let result): return complete(result, isCacheable: false)
            case .failure(let failure): return .failure(failure)
            }
        default: return .failure(.methodNotFound(message.method))
        }
    }

    /// Adds what every result of the revision carries; lists are the same for everybody and may be kept a minute.
    private func complete(_ result: JSONObject, isCacheable: Bool) -> MCPOutcome {
        var result = result
        result["resultType"] = "complete"
        if isCacheable {
            result["ttlMs"] = 60_000
            result["cacheScope"] = "public"
        }
        result["_meta"] = .object([Self.serverInfoKey: .object(MCPToolbox.serverInfo(version: version))])
        return .result(result)
    }

    /// `=?base64?…?=` wraps names that a header field cannot hold; anything else stands for itself.
    private static func decode(_ field: String) -> String? {
        guard field.hasPrefix("=?base64?"), field.hasSuffix("?="), field.utf8.count >= 11 else { return field }
        return Base64.decode(String(field.dropFirst(9).dropLast(2))).map { String(decoding: $0, as: UTF8.self) }
    }
}
