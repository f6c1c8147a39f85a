// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
package import GateTime
package import Logging

/// Log lines for machines: one JSON object a line, metadata as members beside `time`, `level`, `logger`, `message`.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let output: LogOutput
    private let clock: any WallClock

    package init(
        label: String, output: LogOutput, level: Logger.Level = .info,
        metadataProvider: Logger.MetadataProvider? = nil, clock: any WallClock = SystemWallClock()
    ) {
        self.label = label
        self.output = output
        logLevel = level
        self.metadataProvider = metadataProvider
        self.clock = clock
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.member("time", clock.now.rfc3339)
        writer.member("level", event.level.rawValue)
        writer.member("logger", label)
        writer.member("message", Redaction.redact(event.message.description))
        if let error = event.error { writer.member("error", Redaction.redact(String(describing: error))) }
        for (key, value) in LogMetadata.merged(handler: self, event: event) {
            writer.name(Self.reserved.contains(key) ? "metadata." + key : key)
            Self.write(value, to: &writer)
        }
        writer.endObject()
        writer.bytes.append(UInt8(ascii: "\n"))
        output.write(writer.bytes)
    }

    private static let reserved: Set<String> = ["time", "level", "logger", "message", "error"]

    private static func write(_ value: LogMetadata, to writer: inout JSONWriter) {
        switch value {
        case .text(let text): writer.string(text)
        case .list(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .table(let members):
            writer.beginObject()
            for (key, value) in members {
                writer.name(key)
                write(value, to: &writer)
            }
            writer.endObject()
        }
    }
}
