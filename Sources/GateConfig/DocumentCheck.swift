// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Whether two documents give settings that the gate could start with: for tools outside this package, such as the fuzzers.
///
/// Pure: the documents alone are looked at, with neither environment, flags nor secret files.
public struct DocumentCheck: Sendable {
    /// What `check` would call errors, each with its place.
    public let errors: [String]
    /// Whether the loader made settings.
    public let isUsable: Bool

    /// - Parameters:
    ///   - authSettings: authsettingsV2.
    ///   - gatehouse: gatehouse.yaml.
    public init(authSettings: [UInt8], gatehouse: [UInt8]) {
        let result = ConfigurationLoader(environment: [:]).load(
            authSettings: SourceFile(name: "auth.json", bytes: authSettings),
            gatehouse: SourceFile(name: "gatehouse.yaml", bytes: gatehouse))
        errors = result.diagnostics.filter { $0.severity == .error }.map(\.description)
        isUsable = result.settings != nil
        if let settings = result.settings { _ = SettingsReport(settings, origins: result.origins).description }
    }
}
