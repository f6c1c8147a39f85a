// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateTime

/// Says who the gate says the caller is.
struct WhoAmITool: DemoTool {
    let definition = DemoToolDefinition(
        name: "whoami", title: "Who am I?",
        description: "Says who is signed in, as the server learns it from the gate, and whether it saw a token.",
        outputProperties: [
            "id": ["type": "string"], "name": ["type": "string"], "identityProvider": ["type": "string"],
            "bearerTokenSeen": ["type": "boolean"],
            "claims": ["type": "array", "items": ["type": "object"]],
        ])

    func call(_ call: DemoToolCall) -> DemoToolResult {
        let caller = call.caller
        let structured: JSONObject = [
            "id": .string(caller.id ?? ""),
            "name": .string(caller.name ?? ""),
            "identityProvider": .string(caller.identityProvider ?? ""),
            "bearerTokenSeen": .bool(caller.sawBearerToken),
            "claims": .array(
                caller.claims.map { .object(["type": .string($0.type), "value": .string($0.value)]) }),
        ]
        guard let id = caller.id else {
            return DemoToolResult(
                "Nobody: this call carries no identity header fields, so it did not come through the gate.",
                structured: structured)
        }
        let token = caller.sawBearerToken ? "It also saw a bearer token." : "It saw no token."
        return DemoToolResult(
            "You are \(caller.name ?? id) (\(id)), signed in with '\(caller.identityProvider ?? "?")'. "
                + "The server knows this from \(caller.claims.count) claims in header fields set by the gate. \(token)",
            structured: structured)
    }
}

/// Adds two numbers.
struct AddTool: DemoTool {
    let definition = DemoToolDefinition(
        name: "add", title: "Add", description: "Adds two numbers.",
        properties: ["a": ["type": "number"], "b": ["type": "number"]], required: ["a", "b"],
        outputProperties: ["sum": ["type": "number"]])

    func call(_ call: DemoToolCall) throws -> DemoToolResult {
        let (a, b) = (try call.number("a"), try call.number("b"))
        if let whole = a.int64, let other = b.int64 {
            let (sum, overflow) = whole.addingReportingOverflow(other)
            if !overflow { return Self.result(JSONNumber(sum)) }
        }
        guard let sum = JSONNumber((a.double ?? .nan) + (b.double ?? .nan)) else {
            throw DemoToolFailure("the sum is too large")
        }
        return Self.result(sum)
    }

    private static func result(_ sum: JSONNumber) -> DemoToolResult {
        DemoToolResult(sum.text, structured: ["sum": .number(sum)])
    }
}

/// Tells the time.
struct CurrentTimeTool: DemoTool {
    let clock: any WallClock

    let definition = DemoToolDefinition(
        name: "current_time", title: "Current time",
        description: "Tells the date and time (UTC, RFC 3339), or that of a place some minutes ahead of UTC.",
        properties: [
            "utc_offset_minutes": [
                "type": "integer", "minimum": -840, "maximum": 840, "description": "for example 60 or -300",
            ]
        ],
        outputProperties: ["time": ["type": "string"]])

    func call(_ call: DemoToolCall) throws -> DemoToolResult {
        let offset = try call.integer("utc_offset_minutes", in: -840...840, default: 0)
        var time = (clock.now + .seconds(offset * 60)).rfc3339
        if offset != 0 {
            let (hours, minutes) = (offset.magnitude / 60, offset.magnitude % 60)
            time.removeLast()
            time +=
                (offset < 0 ? "-" : "+") + (hours < 10 ? "0" : "") + "\(hours):" + (minutes < 10 ? "0" : "")
                + "\(minutes)"
        }
        return DemoToolResult(time, structured: ["time": .string(time)])
    }
}

/// Counts slowly, and says so while it does.
struct SlowCountTool: DemoTool {
    let definition = DemoToolDefinition(
        name: "slow_count", title: "Slow count",
        description: "Counts to a number, one step at a time, and reports progress over the stream at each step.",
        properties: [
            "to": ["type": "integer", "minimum": 1, "maximum": 100, "default": 5],
            "milliseconds": ["type": "integer", "minimum": 0, "maximum": 5_000, "default": 500],
        ], reportsProgress: true)

    func call(_ call: DemoToolCall) async throws -> DemoToolResult {
        let total = try call.integer("to", in: 1...100, default: 5)
        let pause = try call.integer("milliseconds", in: 0...5_000, default: 500)
        for step in 1...total {
            try await call.reportProgress(Int(step), Int(total), "counted to \(step)")
            if pause > 0 { try await Task.sleep(for: .milliseconds(pause)) }
        }
        return DemoToolResult("Counted to \(total).")
    }
}
