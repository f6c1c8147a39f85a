// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import Synchronization

/// Everybody's notes, kept in memory: each caller sees their own only.
final class DemoNotes: Sendable {
    static let mostOwners = 1_000
    static let mostNotes = 100
    static let mostNoteBytes = 2_000

    private let notes = Mutex<[String: [String]]>([:])

    /// How many notes the owner has now.
    func add(_ note: String, for owner: String) throws -> Int {
        let count: Int? = notes.withLock { notes in
            guard notes[owner] != nil || notes.count < Self.mostOwners else { return nil }
            var own = notes[owner] ?? []
            guard own.count < Self.mostNotes else { return nil }
            own.append(note)
            notes[owner] = own
            return own.count
        }
        guard let count else { throw DemoToolFailure("there is no room for another note") }
        return count
    }

    func list(for owner: String) -> [String] { notes.withLock { $0[owner] ?? [] } }
}

/// Keeps a note for the caller.
struct AddNoteTool: DemoTool {
    let notes: DemoNotes

    let definition = DemoToolDefinition(
        name: "add_note", title: "Add a note", description: "Keeps a note for the signed-in user; nobody else sees it.",
        properties: ["text": ["type": "string", "maxLength": .number(JSONNumber(DemoNotes.mostNoteBytes))]],
        required: ["text"], isReadOnly: false)

    func call(_ call: DemoToolCall) throws -> DemoToolResult {
        let text = try call.string("text", mostBytes: DemoNotes.mostNoteBytes)
        let count = try notes.add(text, for: call.caller.id ?? "")
        return DemoToolResult("Kept. You have \(count) note\(count == 1 ? "" : "s").")
    }
}

/// Lists the caller's notes.
struct ListNotesTool: DemoTool {
    let notes: DemoNotes

    let definition = DemoToolDefinition(
        name: "list_notes", title: "List my notes", description: "Lists the signed-in user's notes.",
        outputProperties: ["notes": ["type": "array", "items": ["type": "string"]]])

    func call(_ call: DemoToolCall) -> DemoToolResult {
        let own = notes.list(for: call.caller.id ?? "")
        let text =
            own.isEmpty ? "You have no notes." : own.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n")
        return DemoToolResult(text, structured: ["notes": .array(own.map(JSONValue.string))])
    }
}
