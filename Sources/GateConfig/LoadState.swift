// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What has been put together so far while loading.
struct LoadState {
    var settings = Settings()
    var origins: [String: SettingOrigin] = [:]
    var diagnostics: [ConfigDiagnostic] = []

    /// Adds what a document said, and where.
    mutating func take(_ reader: DocumentReader) {
        origins.merge(reader.origins) { $1 }
        diagnostics += reader.diagnostics
    }

    /// Reports about a setting at the place it was given, or at the nearest one around it that was.
    mutating func report(
        _ severity: ConfigDiagnostic.Severity, _ path: String, _ message: String, expected: String? = nil,
        suggestion: String? = nil
    ) {
        var diagnostic = ConfigDiagnostic(severity, path, message, expected: expected, suggestion: suggestion)
        switch origin(of: path) {
        case .document(let file, let line, let column)?:
            diagnostic.file = file
            diagnostic.line = line
            diagnostic.column = column
        case .environment(let name)?: diagnostic.file = "environment \(name)"
        case .flag(let name)?: diagnostic.file = name
        case .derived?, nil: break
        }
        diagnostics.append(diagnostic)
    }

    private func origin(of path: String) -> SettingOrigin? {
        var path = Substring(path)
        while !path.isEmpty {
            if let origin = origins[String(path)] { return origin }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<cut]
        }
        return nil
    }

    /// Whether an error has been reported about this setting, something in it, or something around it.
    func hasError(at path: String) -> Bool {
        diagnostics.contains { diagnostic in
            diagnostic.severity == .error && !diagnostic.path.isEmpty
                && (diagnostic.path.hasPrefix(path) || path.hasPrefix(diagnostic.path + ".")
                    || path.hasPrefix(diagnostic.path + "[") || path == diagnostic.path)
        }
    }
}
