// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension Settings {
    /// The settings that are read once, when the process starts, and differ from those it runs with.
    ///
    /// They are what sockets, pools of threads, key caches and log destinations are made of; everything else can change
    /// while the gate runs.
    package func needingRestart(since running: Settings) -> [String] {
        var paths: [String] = []
        func compare<Value: Equatable>(_ path: String, _ value: (Settings) -> Value) {
            if value(self) != value(running) { paths.append(path) }
        }
        compare("listen", \.listen)
        compare("operations.listen", \.operationsListen)
        compare("tls", \.tls)
        compare("workers", \.workers)
        compare("httpSettings.routes.apiPrefix", \.apiPrefix)
        compare("limits") { settings in
            var limits = settings.limits
            // Part of every snapshot.
            limits.inspectedBodyBytes = 0
            return limits
        }
        compare("timeouts", \.timeouts)
        compare("keys", \.keys)
        compare("signIn", \.signIn)
        compare("logging", \.logging)
        compare("audit.to", \.audit)
        return paths
    }
}
