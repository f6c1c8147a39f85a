// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// One tool of the sample server.
protocol DemoTool: Sendable {
    /// What `tools/list` says of it.
    var definition: DemoToolDefinition { get }

    func call(_ call: DemoToolCall) async throws -> DemoToolResult
}

/// The entry of a tool in `tools/list` (MCP, server/tools).
struct DemoToolDefinition: Sendable {
    var name: String
    var title: String
    var description: String
    /// JSON Schema of the arguments' properties.
    var properties: JSONObject = [:]
    var required: [String] = []
    var outputProperties: JSONObject?
    /// False for tools that change something.
    var isReadOnly = true
    /// True for tools that take a while and say how far they are.
    var reportsProgress = false

    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name),
            "title": .string(title),
            "description": .string(description),
            "inputSchema": .object(Self.schema(properties, required)),
            "annotations": .object([
                "readOnlyHint": .bool(isReadOnly), "destructiveHint": .bool(false), "openWorldHint": .bool(false),
            ]),
        ]
        if let outputProperties {
            object["outputSchema"] = .object(Self.schema(outputProperties, outputProperties.members.map(\.name)))
        }
        return .object(object)
    }

    private static func schema(_ properties: JSONObject, _ required: [String]) -> JSONObject {
        var schema: JSONObject = ["type": .string("object"), "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
        return schema
    }
}

/// What a tool is called with.
struct DemoToolCall: Sendable {
    var arguments: JSONObject
    var caller: DemoCaller
    /// Tells the client how far the work is: done, of how many, and a word about it. Does nothing if it did not ask.
    var reportProgress: @Sendable (_ done: Int, _ total: Int, _ message: String) async throws -> Void

    func string(_ name: String, mostBytes: Int) throws -> String {
        guard let value = arguments[name]?.string else {
            throw DemoToolFailure("'\(name)' must be a text")
        }
        guard !value.isEmpty, value.utf8.count <= mostBytes else {
            throw DemoToolFailure("'\(name)' must have 1 to \(mostBytes) bytes")
        }
        return value
    }

    func integer(_ name: String, in range: ClosedRange<Int64>, default fallback: Int64) throws -> Int64 {
        guard let given = arguments[name], given != .null else { return fallback }
        guard let value = given.int64, range.contains(value) else {
            throw DemoToolFailure("'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ name: String) throws -> JSONNumber {
        guard case .number(let number)? = arguments[name], number.double?.isFinite == true else {
            throw DemoToolFailure("'\(name)' must be a number")
        }
        return number
    }
}

/// What a tool answers.
struct DemoToolResult: Sendable {
    var text: String
    var structured: JSONObject?

    init(_ text: String, structured: JSONObject? = nil) {
        self.text = text
        self.structured = structured
    }
}

/// A tool could not do what was asked; the text is shown to the model.
struct DemoToolFailure: Error {
    var message: String

    init(_ message: String) { self.message = message }
}
