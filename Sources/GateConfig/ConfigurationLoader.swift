// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Puts the settings together: flags before `GATEHOUSE_*` before `WEBSITE_AUTH_*` before gatehouse.yaml before auth.json before defaults.
///
/// Pure but for the files of `secretDirectory`: the same input gives the same result, and nothing is started or printed.
/// Every fault of every source is reported at once.
package struct ConfigurationLoader: Sendable {
    /// What the command line can set; nil for what was not given.
    package struct Flags: Sendable, Hashable {
        package var listen: [String]?
        package var upstream: String?
        package var publicURL: String?
        package var operationsListen: String?

        package init(
            listen: [String]? = nil, upstream: String? = nil, publicURL: String? = nil,
            operationsListen: String? = nil
        ) {
            self.listen = listen
            self.upstream = upstream
            self.publicURL = publicURL
            self.operationsListen = operationsListen
        }
    }

    private let environment: [String: String]
    private let secretDirectory: String?
    private let flags: Flags

    /// - Parameter secretDirectory: holds one file for each secret, named like its setting; the environment wins.
    package init(environment: [String: String], secretDirectory: String? = nil, flags: Flags = Flags()) {
        self.environment = environment
        self.secretDirectory = secretDirectory
        self.flags = flags
    }

    /// - Parameters:
    ///   - authSettings: authsettingsV2, which `WEBSITE_AUTH_V2_CONFIG_JSON` replaces.
    ///   - gatehouse: gatehouse.yaml.
    package func load(authSettings: SourceFile?, gatehouse: SourceFile?) -> LoadResult {
        var state = LoadState()
        let easyAuth = EnvironmentSettings(environment)
        var isReadable = true
        var authSettings = authSettings
        if let text = easyAuth.value("V2_CONFIG_JSON") {
            let name = EnvironmentSettings.prefix + "V2_CONFIG_JSON"
            if let file = authSettings {
                state.diagnostics.append(
                    ConfigDiagnostic(.warning, "", "is not read, since \(name) is set", file: file.name))
            }
            authSettings = SourceFile(name: name, text: text)
        }
        if let authSettings {
            var document = AuthSettingsDocument(file: authSettings.name)
            do throws(DocumentError) {
                document.read(try JSONDocument.parse(authSettings.bytes), into: &state.settings)
                state.take(document.reader)
            } catch {
                isReadable = false
                state.diagnostics.append(ConfigDiagnostic(error, in: authSettings))
            }
        }
        easyAuth.describeProvider(in: &state)
        if let gatehouse {
            var document = GatehouseDocument(file: gatehouse.name)
            do throws(DocumentError) {
                let root = try YAMLDocument.parse(gatehouse.bytes)
                // Without its providers, what refines them would be reported as unknown.
                if isReadable { document.read(root, into: &state.settings) }
                state.take(document.reader)
            } catch {
                isReadable = false
                state.diagnostics.append(ConfigDiagnostic(error, in: gatehouse))
            }
        }
        easyAuth.apply(to: &state)
        OverrideSettings.apply(environment, to: &state)
        OverrideSettings.apply(flags, to: &state)
        if isReadable {
            SecretLookup(environment: environment, directory: secretDirectory).fillIn(&state)
            derivePublicURL(&state)
            SettingsValidator.validate(&state)
        }
        return result(state)
    }

    private func derivePublicURL(_ state: inout LoadState) {
        guard state.settings.publicURL == nil, let first = state.settings.listen.first.flatMap(ListenAddress.init),
            first.isLoopback
        else { return }
        let scheme = state.settings.tls == nil ? "http" : "https"
        guard let url = try? HTTPURL("\(scheme)://\(first)") else { return }
        state.settings.publicURL = url
        state.origins["publicURL"] = .derived("listen")
    }

    private func result(_ state: LoadState) -> LoadResult {
        let sorted = ConfigDiagnostic.Severity.allCases.flatMap { severity in
            state.diagnostics.filter { $0.severity == severity }
        }
        let hasErrors = sorted.first?.severity == .error
        return LoadResult(
            settings: hasErrors ? nil : state.settings, diagnostics: sorted,
            origins: state.origins.mapValues(\.description))
    }
}

extension ConfigDiagnostic {
    init(_ error: DocumentError, in file: SourceFile) {
        self.init(
            .error, "", error.message, file: file.name, line: error.position.line, column: error.position.column,
            suggestion: error.suggestion)
    }
}
