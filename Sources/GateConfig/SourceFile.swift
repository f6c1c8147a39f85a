// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A configuration document that somebody has read.
package struct SourceFile: Sendable, Hashable {
    /// As diagnostics show it.
    package var name: String
    package var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    package init(name: String, text: String) { self.init(name: name, bytes: Array(text.utf8)) }
}

/// What came of loading.
package struct LoadResult: Sendable {
    /// Nil when there is an error.
    package var settings: Settings?
    /// Errors first, then warnings and notes, each in the order of the sources.
    package var diagnostics: [ConfigDiagnostic]
    /// Where each setting that is not a default was given, by its path: `auth.json:12`, `environment GATEHOUSE_LISTEN`, `--listen`.
    package var origins: [String: String]

    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    package init(settings: Settings?, diagnostics: [ConfigDiagnostic], origins: [String: String]) {
        self.settings = settings
        self.diagnostics = diagnostics
        self.origins = origins
    }
}
