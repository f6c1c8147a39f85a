// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// The tools and what is the same in every protocol revision: listing them and calling one.
struct MCPToolbox: Sendable {
    private let tools: [any DemoTool]
    private let observer: DemoObserver

    init(_ tools: [any DemoTool], observer: @escaping DemoObserver) {
        self.tools = tools
        self.observer = observer
    }

    static let name = "gatehouse-demo"
    static let title = "Gatehouse demo"
    static let instructions =
        "A sample server behind Gatehouse. 'whoami' tells who the gate says is calling; "
        + "notes belong to the signed-in user."

    static let capabilities: JSONObject = ["tools": ["listChanged": false]]

    static func serverInfo(version: String) -> JSONObject {
        ["name": .string(name), "title": .string(title), "version": .string(version)]
    }

    /// The result of `tools/list`, on one page.
    var list: JSONObject { ["tools": .array(tools.map(\.definition.json))] }

    /// Whether the call should be answered on a stream, since its tool reports progress and the client wants to see it.
    func wantsStream(_ message: MCPMessage) -> Bool {
        guard message.method == "tools/call", message.meta?["progressToken"] != nil else { return false }
        let name = message.params["name"]?.string
        return tools.contains { $0.definition.name == name && $0.definition.reportsProgress }
    }

    /// Carries out `tools/call`. What the tool itself refuses is a result marked as an error, so that a model can read it.
    func call(
        _ message: MCPMessage, from caller: DemoCaller, notify: (@Sendable (JSONValue) async throws -> Void)?
    ) async -> MCPOutcome {
        guard let name = message.params["name"]?.string else {
            return .failure(.invalidParams("'name' must be a text"))
        }
        guard let tool = tools.first(where: { $0.definition.name == name }) else {
            return .failure(.invalidParams("unknown tool '\(name)'"))
        }
        var arguments: JSONObject = [:]
        if let given = message.params["arguments"], !given.isNull {
            guard let object = given.object else { return .failure(.invalidParams("'arguments' must be an object")) }
            arguments = object
        }
        let token = message.meta?["progressToken"]
        let call = DemoToolCall(arguments: arguments, caller: caller) { done, total, text in
            guard let token, let notify else { return }
            try await notify([
                "jsonrpc": "2.0", "method": "notifications/progress",
                "params": [
                    "progressToken": token, "progress": .number(JSONNumber(done)), "total": .number(JSONNumber(total)),
                    "message": .string(text),
                ],
            ])
        }
        do {
            let result = try await tool.call(call)
            observer(DemoStep(.server, "ran \(name) for \(caller.name ?? caller.id ?? "nobody")"))
            var content: JSONObject = [
                "content": [["type": "text", "text": .string(result.text)]], "isError": false,
            ]
            if let structured = result.structured { content["structuredContent"] = .object(structured) }
            return .result(content)
        } catch let failure as DemoToolFailure {
            observer(DemoStep(.server, "could not run \(name): \(failure.message)", isGood: false))
            return .result([
                "content": [["type": "text", "text": .string(failure.message)]], "isError": true,
            ])
        } catch {
            return .failure(.internal)
        }
    }
}
