// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateTime
package import Logging

/// Log lines for people: time, level, message, then metadata as `key=value`; colours only on a terminal.
package struct HumanLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let output: LogOutput
    private let usesColour: Bool
    private let clock: any WallClock

    /// - Parameter usesColour: nil decides by whether the output is a terminal.
    package init(
        label: String, output: LogOutput, level: Logger.Level = .info, usesColour: Bool? = nil,
        metadataProvider: Logger.MetadataProvider? = nil, clock: any WallClock = SystemWallClock()
    ) {
        self.label = label
        self.output = output
        logLevel = level
        self.usesColour = usesColour ?? output.isTerminal
        self.metadataProvider = metadataProvider
        self.clock = clock
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let time = clock.now.rfc3339.dropFirst(11).dropLast()
        var line = paint("\(time)", .faint) + " " + paint(Self.name(of: event.level), Self.colour(of: event.level))
        line += " " + Self.onOneLine(Redaction.redact(event.message.description))
        if let error = event.error {
            line += " " + paint("error=", .faint) + Self.quoted(Redaction.redact(String(describing: error)))
        }
        for (key, value) in LogMetadata.merged(handler: self, event: event) {
            line += " " + paint(key + "=", .faint) + Self.quoted(value.line)
        }
        line += paint(" (\(label))", .faint)
        line += "\n"
        output.write(Array(line.utf8))
    }

    private enum Colour: String { case faint = "2", red = "31", yellow = "33", green = "32", cyan = "36" }

    private func paint(_ text: String, _ colour: Colour) -> String {
        usesColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Six columns, so that messages stand below one another.
    private static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace: "TRACE "
        case .debug: "DEBUG "
        case .info: "INFO  "
        case .notice: "NOTICE"
        case .warning: "WARN  "
        case .error: "ERROR "
        case .critical: "FATAL "
        }
    }

    private static func colour(of level: Logger.Level) -> Colour {
        switch level {
        case .trace, .debug: .faint
        case .info: .green
        case .notice: .cyan
        case .warning: .yellow
        case .error, .critical: .red
        }
    }

    /// In quotes when it holds spaces or quotes.
    private static func quoted(_ text: String) -> String {
        let line = onOneLine(text)
        guard line.isEmpty || line.contains(where: { $0 == " " || $0 == "\"" }) else { return line }
        return "\"" + line.replacing("\"", with: "\\\"") + "\""
    }

    /// Control characters are shown, not obeyed: nobody may forge a line or move the cursor.
    private static func onOneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            shown +=
                scalar.properties.generalCategory == .control
                ? scalar.escaped(asASCII: true) : String(Character(scalar))
        }
        return shown
    }
}
