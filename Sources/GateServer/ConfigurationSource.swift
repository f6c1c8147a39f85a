// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateConfig

/// Where a process's configuration comes from, so that it can be read again.
package struct ConfigurationSource: Sendable {
    package var authSettingsPath: String?
    package var gatehousePath: String?
    package var environment: [String: String]
    package var secretDirectory: String?
    package var flags: ConfigurationLoader.Flags
    /// Documents that are no files: the demo's.
    package var documents: (authSettings: SourceFile, gatehouse: SourceFile)?

    package init(
        authSettingsPath: String? = nil, gatehousePath: String? = nil, environment: [String: String],
        secretDirectory: String? = nil, flags: ConfigurationLoader.Flags = ConfigurationLoader.Flags()
    ) {
        self.authSettingsPath = authSettingsPath ?? environment["WEBSITE_AUTH_FILE_PATH"]
        self.gatehousePath = gatehousePath ?? environment["GATEHOUSE_CONFIG"]
        self.environment = environment
        self.secretDirectory = secretDirectory ?? environment["GATEHOUSE_SECRETS"]
        self.flags = flags
    }

    /// The files to watch.
    package var paths: [String] { [authSettingsPath, gatehousePath].compactMap { $0 } }

    /// Reads everything anew. A file that cannot be read is a diagnostic like any other.
    package func load() -> LoadResult {
        var unreadable: [ConfigDiagnostic] = []
        func file(_ path: String?) -> SourceFile? {
            guard let path else { return nil }
            do throws(ConfigurationFiles.ReadError) {
                return SourceFile(name: path, bytes: try ConfigurationFiles.read(path))
            } catch {
                unreadable.append(
                    ConfigDiagnostic(
                        .error, "", "the file cannot be read: \(error.description)", file: path,
                        expected: "a readable file",
                        suggestion: "check that it exists and that this user may read it"))
                return nil
            }
        }
        let authSettings = documents?.authSettings ?? file(authSettingsPath)
        let gatehouse = documents?.gatehouse ?? file(gatehousePath)
        let loader = ConfigurationLoader(environment: environment, secretDirectory: secretDirectory, flags: flags)
        var result = loader.load(authSettings: authSettings, gatehouse: gatehouse)
        if !unreadable.isEmpty {
            result.settings = nil
            result.diagnostics = unreadable + result.diagnostics
        }
        return result
    }
}
