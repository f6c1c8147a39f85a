// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension GatehouseDocument {
    /// Who may call, from where, and what is passed on.
    mutating func access(_ document: DocumentReader.Object, _ settings: inout Settings) {
        if let origins = reader.strings(document, "allowedOrigins", acceptsOne: true) {
            settings.allowedOrigins = origins
        }
        if let hosts = reader.strings(document, "allowedHosts", acceptsOne: true) { settings.allowedHosts = hosts }
        if let proxies = reader.strings(document, "trustedProxies", acceptsOne: true) {
            settings.trustedProxies = proxies
        }
        if let forwards = reader.bool(document, "forwardAuthorization") { settings.forwardsAuthorization = forwards }
        let keys = reader.object(document, "keys", keys: ["refreshInterval", "maximumAge"])
        if let interval = reader.duration(keys, "refreshInterval") { settings.keys.refreshInterval = interval }
        if let age = reader.duration(keys, "maximumAge") { settings.keys.maximumAge = age }
        guard let tls = reader.object(document, "tls", keys: ["certificate", "key"]) else { return }
        let certificate = reader.nonEmptyString(tls, "certificate")
        let key = reader.nonEmptyString(tls, "key")
        if let certificate, let key {
            settings.tls = Settings.TLS(certificate: certificate, key: key)
        } else if let node = document["tls"] {
            reader.report(
                .error, "tls", at: node.position, "needs a certificate and a key",
                expected: "certificate and key, each the path of a PEM file")
        }
    }

    /// How much, how long, and what is written down.
    mutating func runtime(_ document: DocumentReader.Object, _ settings: inout Settings) {
        limits(document, &settings.limits)
        timeouts(document, &settings.timeouts)
        let logging = reader.object(document, "logging", keys: ["format", "level"])
        if let format = reader.choice(logging, "format", Settings.Logging.Format.self) {
            settings.logging.format = format
        }
        if let level = reader.choice(logging, "level", Settings.Logging.Level.self) { settings.logging.level = level }
        let audit = reader.object(document, "audit", keys: ["to"])
        let target = reader.value(audit, "to", expected: "stdout, stderr, off, or a path with a slash") {
            Settings.Audit($0)
        }
        if let target { settings.audit = target }
        if let workers = reader.integer(document, "workers", in: 1...1_024) { settings.workers = workers }
    }

    private mutating func limits(_ document: DocumentReader.Object, _ limits: inout Settings.Limits) {
        let keys = ["headBytes", "fields", "lineBytes", "inspectedBodyBytes", "connections", "connectionsPerAddress"]
        let object = reader.object(document, "limits", keys: keys)
        if let value = reader.size(object, "headBytes") { limits.headBytes = value }
        if let value = reader.integer(object, "fields", in: 1...10_000) { limits.fieldCount = value }
        if let value = reader.size(object, "lineBytes") { limits.lineBytes = value }
        if let value = reader.size(object, "inspectedBodyBytes") { limits.inspectedBodyBytes = value }
        if let value = reader.integer(object, "connections", in: 1...10_000_000) { limits.connections = value }
        if let value = reader.integer(object, "connectionsPerAddress", in: 0...10_000_000) {
            limits.connectionsPerAddress = value
        }
    }

    private mutating func timeouts(_ document: DocumentReader.Object, _ timeouts: inout Settings.Timeouts) {
        let object = reader.object(document, "timeouts", keys: ["head", "idle", "body", "writeStall", "drain"])
        if let value = reader.duration(object, "head") { timeouts.head = value }
        if let value = reader.duration(object, "idle") { timeouts.idle = value }
        if let value = reader.duration(object, "body") { timeouts.body = value }
        if let value = reader.duration(object, "writeStall") { timeouts.writeStall = value }
        if let value = reader.duration(object, "drain") { timeouts.drain = value }
    }
}
