// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Applies what wins over every document: `GATEHOUSE_*` variables, then flags.
struct OverrideSettings {
    private static let prefix = "GATEHOUSE_"
    private static let known = [
        "LISTEN", "UPSTREAM", "PUBLIC_URL", "OPERATIONS_LISTEN", "LOG_LEVEL", "LOG_FORMAT", "AUDIT", "WORKERS",
        "FORWARD_AUTHORIZATION",
    ]

    static func apply(_ environment: [String: String], to state: inout LoadState) {
        func value(_ name: String) -> (text: String, origin: SettingOrigin)? {
            guard let text = environment[prefix + name].map({ Quantities.trim($0) }), !text.isEmpty else { return nil }
            return (text, .environment(prefix + name))
        }
        if let (text, origin) = value("LISTEN") { listen(Quantities.list(text), origin, &state) }
        if let (text, origin) = value("UPSTREAM") { upstream(text, origin, &state) }
        if let (text, origin) = value("PUBLIC_URL") { publicURL(text, origin, &state) }
        if let (text, origin) = value("OPERATIONS_LISTEN") { operations(text, origin, &state) }
        if let (text, origin) = value("LOG_LEVEL") {
            let level = Settings.Logging.Level(rawValue: text.lowercased())
            let expected = Settings.Logging.Level.allCases.map(\.rawValue).joined(separator: ", ")
            if let level = parsed(level, text, "logging.level", origin, expected, &state) {
                state.settings.logging.level = level
            }
        }
        if let (text, origin) = value("LOG_FORMAT") {
            let format = Settings.Logging.Format(rawValue: text.lowercased())
            if let format = parsed(format, text, "logging.format", origin, "auto, json, human", &state) {
                state.settings.logging.format = format
            }
        }
        if let (text, origin) = value("AUDIT") {
            let expected = "stdout, stderr, off, or a path with a slash"
            if let audit = parsed(Settings.Audit(text), text, "audit.to", origin, expected, &state) {
                state.settings.audit = audit
            }
        }
        if let (text, origin) = value("WORKERS") {
            let workers = Int(text).flatMap { (1...1_024).contains($0) ? $0 : nil }
            if let workers = parsed(workers, text, "workers", origin, "a number from 1 to 1024", &state) {
                state.settings.workers = workers
            }
        }
        if let (text, origin) = value("FORWARD_AUTHORIZATION") {
            let flag = Quantities.bool(text)
            if let flag = parsed(flag, text, "forwardAuthorization", origin, "true or false", &state) {
                state.settings.forwardsAuthorization = flag
            }
        }
        // Only what looks like a slip: orchestrators put GATEHOUSE_PORT and the like into the environment themselves.
        for key in environment.keys.sorted() where key.hasPrefix(prefix) {
            let name = String(key.dropFirst(prefix.count))
            guard !known.contains(name), !name.hasPrefix("PORT"), !name.hasPrefix("SERVICE_"),
                let nearest = NearestName.find(name, among: known)
            else { continue }
            state.diagnostics.append(
                ConfigDiagnostic(
                    .warning, key, "unknown setting", file: "environment \(key)",
                    suggestion: "did you mean \(prefix)\(nearest)?"))
        }
    }

    static func apply(_ flags: ConfigurationLoader.Flags, to state: inout LoadState) {
        if let addresses = flags.listen { listen(addresses, .flag("--listen"), &state) }
        if let url = flags.upstream { upstream(url, .flag("--upstream"), &state) }
        if let url = flags.publicURL { publicURL(url, .flag("--public-url"), &state) }
        if let address = flags.operationsListen { operations(address, .flag("--operations-listen"), &state) }
    }

    // MARK: One setting each

    private static func listen(_ addresses: [String], _ origin: SettingOrigin, _ state: inout LoadState) {
        forget("listen", &state)
        state.origins["listen"] = origin
        state.settings.listen = addresses
    }

    /// The first upstream's address; what else is known about it stays.
    private static func upstream(_ url: String, _ origin: SettingOrigin, _ state: inout LoadState) {
        if state.settings.upstreams.isEmpty {
            state.settings.upstreams = [Settings.Upstream(url: url)]
        } else {
            state.settings.upstreams[0].url = url
        }
        forget("upstream", &state)
        state.origins["upstreams[0].url"] = origin
    }

    private static func publicURL(_ text: String, _ origin: SettingOrigin, _ state: inout LoadState) {
        state.origins["publicURL"] = origin
        do throws(HTTPURL.ParseError) {
            state.settings.publicURL = try HTTPURL(text)
        } catch {
            state.report(.error, "publicURL", error.description, expected: "an absolute http or https URL")
        }
    }

    private static func operations(_ address: String, _ origin: SettingOrigin, _ state: inout LoadState) {
        state.origins["operations.listen"] = origin
        state.settings.operationsListen = address == "off" ? nil : address
    }

    /// What documents said about a value that is replaced as a whole.
    private static func forget(_ path: String, _ state: inout LoadState) {
        state.origins = state.origins.filter { $0.key != path && !$0.key.hasPrefix(path + "[") }
    }

    private static func parsed<Value>(
        _ value: Value?, _ text: String, _ path: String, _ origin: SettingOrigin, _ expected: String,
        _ state: inout LoadState
    ) -> Value? {
        state.origins[path] = origin
        if value == nil { state.report(.error, path, "\"\(text)\" does not fit", expected: expected) }
        return value
    }
}
