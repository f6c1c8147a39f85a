// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Something to say about the configuration, and where.
package struct ConfigDiagnostic: Sendable, Hashable {
    package enum Severity: String, Sendable, CaseIterable {
        /// Nothing starts, or the running settings stay.
        case error
        /// Works, but is likely not what was meant.
        case warning
        /// Accepted, without effect in this release.
        case note
    }

    /// The document's name, `environment`, or `flags`; nil for what is missing everywhere.
    package var file: String?
    /// Counted from 1; nil outside documents.
    package var line: Int?
    /// In Unicode scalars, counted from 1.
    package var column: Int?
    /// The setting, as in `resources[0].path`; empty for the whole document.
    package var path: String
    package var severity: Severity
    /// What is wrong. Secrets are never in it.
    package var message: String
    /// What would be right.
    package var expected: String?
    /// What was probably meant, or what to do.
    package var suggestion: String?

    package init(
        _ severity: Severity, _ path: String, _ message: String, file: String? = nil, line: Int? = nil,
        column: Int? = nil, expected: String? = nil, suggestion: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.severity = severity
        self.message = message
        self.expected = expected
        self.suggestion = suggestion
    }
}

extension ConfigDiagnostic: CustomStringConvertible {
    /// As compilers say it: `gatehouse.yaml:3:7: error: resources[0].paht: unknown setting (did you mean path?)`.
    package var description: String {
        var text = ""
        if let file {
            text += file
            if let line { text += ":\(line)" }
            if line != nil, let column { text += ":\(column)" }
            text += ": "
        }
        text += "\(severity.rawValue): "
        if !path.isEmpty { text += "\(path): " }
        text += message
        if let expected { text += "; expected \(expected)" }
        if let suggestion { text += " (\(suggestion))" }
        return text
    }
}
