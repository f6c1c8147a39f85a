// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateObserve
package import GateTime

/// Tells a person what happens, one line a step: the gate's decisions as they are audited, and what the other two do.
package final class DemoNarrator: AuditSink {
    private let sink: any LineSink
    private let clock: any WallClock
    private let usesColour: Bool

    /// - Parameter usesColour: nil decides by whether the output is a terminal.
    package init(
        sink: any LineSink, clock: any WallClock = SystemWallClock(), usesColour: Bool? = nil
    ) {
        self.sink = sink
        self.clock = clock
        self.usesColour = usesColour ?? sink.isTerminal
    }

    /// Tells one step; a line that a stuck terminal does not take at once is left out.
    package func tell(_ step: DemoStep) {
        let time = clock.now.rfc3339.dropFirst(11).prefix(8)
        let name =
            switch step.place {
            case .gate: "gate    "
            case .provider: "provider"
            case .server: "server  "
            }
        let mark = step.isGood ? "✓" : "✗"
        let line =
            paint("\(time)", "2") + "  " + paint(name, Self.colour(of: step.place)) + "  "
            + paint(mark, step.isGood ? "32" : "31") + " " + step.text + "\n"
        _ = sink.write(Array(line.utf8), from: 0, patience: .zero)
    }

    package func record(_ event: borrowing AuditEvent) { tell(Self.step(of: copy event)) }

    /// The gate's decision in a sentence.
    static func step(of event: AuditEvent) -> DemoStep {
        let request = "\(event.method) \(event.path)"
        let what = event.mcpMethod.map { $0 + (event.mcpTarget.map { " " + $0 } ?? "") }
        switch event.outcome {
        case .permitted where event.path.contains("/.well-known/"):
            return DemoStep(.gate, "told a client where to sign in: \(event.path)", isGood: true)
        case .permitted:
            guard let subject = event.caller?.subject else {
                return DemoStep(.gate, "answered \(request) (\(event.status))")
            }
            let user = DemoUser.everybody.first { $0.subject == subject }?.username ?? subject
            let client = event.caller?.client.map { " with '\(DemoClient(id: $0)?.name ?? $0)'" } ?? ""
            return DemoStep(.gate, "let \(user)\(client) through: \(what ?? request) (\(event.status))")
        case .denied where event.reason == "no_credential":
            return DemoStep(
                .gate, "stopped \(what ?? request): no token yet; the \(event.status) says where to get one",
                isGood: false)
        case .denied:
            return DemoStep(
                .gate, "refused \(what ?? request): \(readable(event.reason)) (\(event.status))", isGood: false)
        case .unavailable:
            return DemoStep(
                .gate, "could not serve \(what ?? request): \(readable(event.reason)) (\(event.status))",
                isGood: false)
        }
    }

    private static func readable(_ reason: String) -> String { reason.replacing("_", with: " ") }

    private func paint(_ text: String, _ colour: String) -> String {
        usesColour ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
    }

    private static func colour(of place: DemoStep.Place) -> String {
        switch place {
        case .gate: "1;36"
        case .provider: "35"
        case .server: "34"
        }
    }
}
