// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What is wrong with a pair of configuration documents, without an environment, flags or secrets: for editors and other tools.
public struct DocumentCheck: Sendable {
    /// Whether a gate could start with them.
    public let isUsable: Bool
    /// Each as `file:line:column: error: setting: what is wrong`.
    public let errors: [String]
    public let warnings: [String]

    /// - Parameters:
    ///   - authSettings: an authsettingsV2 document.
    ///   - gatehouse: gatehouse.yaml.
    public init(authSettings: [UInt8], gatehouse: [UInt8]) {
        let result = ConfigurationLoader(environment: [:]).load(
            authSettings: SourceFile(name: "auth.json", bytes: authSettings),
            gatehouse: SourceFile(name: "gatehouse.yaml", bytes: gatehouse))
        isUsable = result.settings != nil
        errors = result.diagnostics.filter { $0.severity == .error }.map(\.description)
        warnings = result.diagnostics.filter { $0.severity == .warning }.map(\.description)
    }
}
