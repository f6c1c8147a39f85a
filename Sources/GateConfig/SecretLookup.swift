// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Finds secrets by the names of their settings: in the environment, else in a directory with a file for each.
struct SecretLookup {
    private let environment: [String: String]
    private let directory: String?

    init(environment: [String: String], directory: String?) {
        self.environment = environment
        self.directory = directory
    }

    func fillIn(_ state: inout LoadState) {
        for index in state.settings.providers.indices {
            var provider = state.settings.providers[index]
            if let name = provider.clientSecretSettingName {
                provider.clientSecret = find(name, for: provider.secretPath, &state)
            }
            if var introspection = provider.introspection {
                introspection.clientID = introspection.clientID ?? provider.clientID
                if let name = introspection.secretSettingName {
                    let path = "providers.\(provider.id).introspection.clientSecretSettingName"
                    introspection.secret = find(name, for: path, &state)
                } else {
                    introspection.secretSettingName = provider.clientSecretSettingName
                    introspection.secret = provider.clientSecret
                }
                provider.introspection = introspection
            }
            state.settings.providers[index] = provider
        }
        sessionKeys(&state)
    }

    /// The keys that are named, else App Service's own setting.
    private func sessionKeys(_ state: inout LoadState) {
        let path = "signIn.keySettingNames"
        if state.settings.signIn.keySettingNames.isEmpty, environment[Self.encryptionKey]?.isEmpty == false {
            state.settings.signIn.keySettingNames = [Self.encryptionKey]
            state.origins[path] = .environment(Self.encryptionKey)
        }
        for (index, name) in state.settings.signIn.keySettingNames.enumerated() {
            guard let secret = find(name, for: "\(path)[\(index)]", &state) else {
                if !state.hasError(at: "\(path)[\(index)]") {
                    state.report(
                        .error, "\(path)[\(index)]", "the key is missing", expected: "the environment variable \(name)")
                }
                continue
            }
            state.settings.signIn.keys.append(secret)
        }
    }

    private static let encryptionKey = EnvironmentSettings.prefix + "ENCRYPTION_KEY"

    private func find(_ name: String, for path: String, _ state: inout LoadState) -> Secret? {
        guard Self.isName(name) else {
            // The text is not repeated: it may be the secret itself.
            state.report(
                .error, path, "is not the name of a setting", expected: "letters, digits, '_', '-' and '.'",
                suggestion: "the secret itself belongs into the environment variable that this names")
            return nil
        }
        if let text = environment[name], !text.isEmpty { return Secret(text) }
        guard let directory else { return nil }
        let file = "\(directory)/\(name)"
        do throws(ConfigurationFiles.ReadError) {
            let bytes = try ConfigurationFiles.read(file, limit: 64 * 1_024)
            guard let text = String(validating: bytes, as: UTF8.self).map({ Quantities.trim($0) }), !text.isEmpty else {
                state.report(.error, path, "the file \(file) is empty or not text")
                return nil
            }
            return Secret(text)
        } catch {
            if !error.isMissing {
                state.report(.error, path, "the file \(file) cannot be read: \(error.description)")
            }
            return nil
        }
    }

    /// No path may be smuggled in, and no hidden file be meant.
    private static func isName(_ text: String) -> Bool {
        let allowed: (UInt8) -> Bool = {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
                || $0 == 0x2D || $0 == 0x2E
        }
        return !text.isEmpty && text.utf8.count <= 256 && text.utf8.first != 0x2E && text.utf8.allSatisfy(allowed)
    }
}
