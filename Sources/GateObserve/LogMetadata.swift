// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Logging

/// Metadata as it may be written: redacted, and in the order of its keys.
indirect enum LogMetadata {
    case text(String)
    case list([LogMetadata])
    case table([(key: String, value: LogMetadata)])

    /// All metadata of an event; what the event says beats what its handler says beats what the provider says.
    static func merged(handler: some LogHandler, event: LogEvent) -> [(key: String, value: LogMetadata)] {
        var all = handler.metadataProvider?.get() ?? [:]
        all.merge(handler.metadata) { $1 }
        if let metadata = event.metadata { all.merge(metadata) { $1 } }
        return table(all)
    }

    /// On one line, for people.
    var line: String {
        switch self {
        case .text(let text): text
        case .list(let elements): "[" + elements.map(\.line).joined(separator: ", ") + "]"
        case .table(let members): "{" + members.map { "\($0.key): \($0.value.line)" }.joined(separator: ", ") + "}"
        }
    }

    private init(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): self = .text(Redaction.redact(text))
        case .stringConvertible(let value): self = .text(Redaction.redact(value.description))
        case .array(let elements): self = .list(elements.map(LogMetadata.init))
        case .dictionary(let members): self = .table(Self.table(members))
        }
    }

    private static func table(_ metadata: Logger.Metadata) -> [(key: String, value: LogMetadata)] {
        metadata.sorted { $0.key < $1.key }.map { key, value in
            (key, Redaction.isSecretKey(key) ? .text(Redaction.placeholder) : LogMetadata(value))
        }
    }
}
