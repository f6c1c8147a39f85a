// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
package import GateTime

/// A small MCP server without any authorization of its own: what people put a gate in front of.
///
/// Streamable HTTP at `/mcp`, stateless, for the revisions that begin with `initialize` and for 2026-07-28.
package struct DemoMCPServer: DemoResponder {
    package static let path = "/mcp"

    private let toolbox: MCPToolbox
    private let handshake: MCPHandshakeDialect
    private let stateless: MCPStatelessDialect

    /// - Parameters:
    ///   - version: said in `serverInfo`.
    ///   - observer: told of every tool call.
    package init(
        version: String, clock: any WallClock = SystemWallClock(), observer: @escaping DemoObserver = { _ in }
    ) {
        let notes = DemoNotes()
        toolbox = MCPToolbox(
            [
                WhoAmITool(), AddTool(), AddNoteTool(notes: notes), ListNotesTool(notes: notes),
                CurrentTimeTool(clock: clock), SlowCountTool(),
            ], observer: observer)
        handshake = MCPHandshakeDialect(toolbox: toolbox, version: version)
        stateless = MCPStatelessDialect(toolbox: toolbox, version: version)
    }

    package func respond(to request: DemoRequest) async -> DemoResponse {
        guard request.path == Self.path else { return .text(404, "the MCP endpoint is \(Self.path)") }
        if let origin = request.field("origin"), !Self.isLoopback(origin: origin) {
            return .text(403, "this origin may not call the demo")
        }
        guard request.method == "POST" else {
            return .text(405, "this server has no sessions and no stream to open: send a POST", [("Allow", "POST")])
        }
        guard Self.isJSON(request.field("content-type")) else { return .text(415, "send application/json") }
        guard let body = try? JSONValue.parse(request.body) else {
            return Self.response(.failure(.parse), id: nil, status: 400)
        }
        if let elements = body.array { return await respond(toBatch: elements, in: request) }
        guard let message = MCPMessage(body) else {
            return Self.response(.failure(.invalidRequest), id: nil, status: 400)
        }
        let field = request.field("mcp-protocol-version")
        let isHandshake = field.map(MCPHandshakeDialect.revisions.contains) ?? !MCPStatelessDialect.isMeant(by: message)
        guard case .request(let id) = message.kind else { return DemoResponse(status: 202) }
        let caller = DemoCaller(request)
        if isHandshake {
            return await respond(to: message, id: id, in: request) { message, notify in
                (await handshake.answer(message, from: caller, notify: notify), 200)
            }
        }
        if let refusal = stateless.refusal(of: message, in: request) {
            return Self.response(.failure(refusal), id: id, status: refusal.status)
        }
        return await respond(to: message, id: id, in: request) { message, notify in
            let outcome = await stateless.answer(message, from: caller, notify: notify)
            guard case .failure(let failure) = outcome else { return (outcome, 200) }
            return (outcome, failure.status)
        }
    }

    private typealias Notify = @Sendable (JSONValue) async throws -> Void

    /// On a stream if progress is wanted, else as one JSON document.
    private func respond(
        to message: MCPMessage, id: JSONValue, in request: DemoRequest,
        answer: @escaping @Sendable (MCPMessage, Notify?) async -> (MCPOutcome, status: Int)
    ) async -> DemoResponse {
        guard toolbox.wantsStream(message), request.field("accept")?.contains("text/event-stream") == true else {
            let (outcome, status) = await answer(message, nil)
            return Self.response(outcome, id: id, status: status)
        }
        return DemoResponse(
            status: 200,
            fields: [
                ("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache, no-transform"),
                ("X-Accel-Buffering", "no"),
            ],
            body: .stream { write in
                let (outcome, _) = await answer(message) { try await write(Self.event($0)) }
                try await write(Self.event(outcome.message(id: id)))
            })
    }

    /// Batches exist in revision 2025-03-26 only, which is also what is meant when no version is named.
    private func respond(toBatch elements: [JSONValue], in request: DemoRequest) async -> DemoResponse {
        let revision = request.field("mcp-protocol-version")
        guard revision == nil || revision == "2025-03-26", (1...50).contains(elements.count) else {
            return Self.response(.failure(.invalidRequest), id: nil, status: 400)
        }
        let caller = DemoCaller(request)
        var answers: [JSONValue] = []
        for element in elements {
            guard let message = MCPMessage(element), message.method != "initialize" else {
                answers.append(MCPOutcome.failure(.invalidRequest).message(id: .null))
                continue
            }
            guard case .request(let id) = message.kind else { continue }
            answers.append(await handshake.answer(message, from: caller, notify: nil).message(id: id))
        }
        guard !answers.isEmpty else { return DemoResponse(status: 202) }
        return .json(200, JSONValue.array(answers).serialized())
    }

    private static func response(_ outcome: MCPOutcome, id: JSONValue?, status: Int) -> DemoResponse {
        .json(status, outcome.message(id: id ?? .null).serialized())
    }

    private static func event(_ message: JSONValue) -> [UInt8] {
        Array("event: message\ndata: ".utf8) + message.serialized() + Array("\n\n".utf8)
    }

    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let type = contentType.prefix { $0 != ";" }
        return type.lowercased().trimmed == "application/json"
    }

    private static func isLoopback(origin: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: origin.hasPrefix) else { return false }
        return LoopbackAddress.isLoopback(authority: String(origin.dropFirst(scheme.count)))
    }
}

extension String {
    /// Without spaces and tabs at both ends.
    var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" }
        let rest = start.reversed().drop { $0 == " " || $0 == "\t" }
        return String(rest.reversed())
    }
}
