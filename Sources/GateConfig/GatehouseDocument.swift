// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// Reads gatehouse.yaml: everything that authsettingsV2 has no word for.
struct GatehouseDocument {
    var reader: DocumentReader

    init(file: String) { reader = DocumentReader(file: file, unknownKeys: .error) }

    private static let keys = [
        "publicURL", "publicUrl", "listen", "operations", "upstream", "upstreams", "resources", "providers", "keys",
        "allowedOrigins", "allowedHosts", "trustedProxies", "limits", "timeouts", "tls", "forwardAuthorization",
        "logging", "audit", "workers", "signIn",
    ]

    /// Applied on top of what authsettingsV2 said, whose providers it refines.
    mutating func read(_ root: DocumentNode, into settings: inout Settings) {
        guard let document = reader.object(root, at: "", keys: Self.keys) else { return }
        addresses(document, &settings)
        upstreams(document, &settings)
        resources(document, &settings)
        providers(document, &settings)
        signIn(document, &settings)
        access(document, &settings)
        runtime(document, &settings)
    }

    private mutating func addresses(_ document: DocumentReader.Object, _ settings: inout Settings) {
        let expected = "an absolute http or https URL"
        for name in ["publicURL", "publicUrl"] {
            guard let node = document[name], let text = reader.string(node, at: "publicURL", expected: expected) else {
                continue
            }
            do throws(HTTPURL.ParseError) {
                settings.publicURL = try HTTPURL(text)
            } catch {
                reader.report(.error, "publicURL", at: node.position, error.description, expected: expected)
            }
        }
        if let listen = reader.strings(document, "listen", acceptsOne: true) { settings.listen = listen }
        let operations = reader.object(document, "operations", keys: ["listen"])
        if let listen = reader.string(operations, "listen") {
            settings.operationsListen = listen == "off" ? nil : listen
        }
    }

    // MARK: Upstreams and resources

    private mutating func upstreams(_ document: DocumentReader.Object, _ settings: inout Settings) {
        if let node = document["upstream"] {
            let url = reader.string(node, at: "upstream", expected: "a URL")
            if document["upstreams"] != nil {
                reader.report(
                    .error, "upstream", at: node.position, "upstream and upstreams are both set",
                    suggestion: "keep upstreams")
            } else if let url {
                settings.upstreams = [Settings.Upstream(url: url)]
            }
        }
        guard let entries = reader.list(document, "upstreams") else { return }
        settings.upstreams = entries.compactMap { upstream($0.node, at: $0.path) }
    }

    private mutating func upstream(_ node: DocumentNode, at path: String) -> Settings.Upstream? {
        if case .scalar = node.content {
            return reader.string(node, at: path).map { Settings.Upstream(url: $0) }
        }
        let keys = [
            "url", "headTimeout", "connectTimeout", "idleTimeout", "maximumConnections", "certificateAuthority",
            "preserveHost",
        ]
        guard let object = reader.object(node, at: path, keys: keys) else { return nil }
        let url = reader.string(object, "url")
        if url == nil, object["url"] == nil {
            reader.report(.error, path, at: node.position, "has no url", expected: "url: http://127.0.0.1:3000")
        }
        // Kept without one, so that the resources' indices still fit; the fault has been reported.
        return Settings.Upstream(
            url: url ?? "", connectTimeout: reader.duration(object, "connectTimeout"),
            headTimeout: reader.duration(object, "headTimeout"), idleTimeout: reader.duration(object, "idleTimeout"),
            maximumConnections: reader.integer(object, "maximumConnections", in: 1...1_000_000),
            certificateAuthority: reader.nonEmptyString(object, "certificateAuthority"),
            preservesHost: reader.bool(object, "preserveHost") ?? false)
    }

    private mutating func resources(_ document: DocumentReader.Object, _ settings: inout Settings) {
        guard let entries = reader.list(document, "resources") else { return }
        let keys = ["path", "mcp", "identifier", "scopes", "requiredScopes", "name", "upstream"]
        settings.resources = []
        for (path, node) in entries {
            guard let object = reader.object(node, at: path, keys: keys) else { continue }
            if object["path"] == nil {
                reader.report(.error, path, at: node.position, "has no path", expected: "path: /mcp")
            }
            guard let place = reader.string(object, "path") else { continue }
            var resource = Settings.Resource(path: place)
            if let isMCP = reader.bool(object, "mcp") { resource.isMCP = isMCP }
            resource.identifier = reader.nonEmptyString(object, "identifier")
            resource.scopes = scope(object, "scopes")
            resource.requiredScopes = scope(object, "requiredScopes")
            resource.name = reader.nonEmptyString(object, "name")
            resource.upstream = upstreamIndex(object, settings) ?? 0
            settings.resources.append(resource)
        }
    }

    /// A list, or one text with spaces between the scopes (RFC 6749 §3.3).
    private mutating func scope(_ object: DocumentReader.Object, _ name: String) -> Scope {
        guard let tokens = reader.strings(object, name, acceptsOne: true, separator: " ") else { return [] }
        for token in tokens where !Scope(tokens: [token]).contains(token) {
            guard let node = object[name] else { continue }
            reader.report(
                .error, object.path(name), at: node.position, "\"\(token)\" is not a scope",
                expected: "visible ASCII without quotes and backslashes (RFC 6749 section 3.3)")
        }
        return Scope(tokens: tokens)
    }

    private mutating func upstreamIndex(_ object: DocumentReader.Object, _ settings: Settings) -> Int? {
        guard let node = object["upstream"] else { return nil }
        let urls = settings.upstreams.map(\.url)
        return reader.value(
            object, "upstream", expected: "the URL or the index, from 0, of one of upstreams"
        ) { text in
            if let index = Int(text), urls.indices.contains(index) { return index }
            return node.isNull ? nil : urls.firstIndex(of: text)
        }
    }

    // MARK: Providers

    private mutating func providers(_ document: DocumentReader.Object, _ settings: inout Settings) {
        guard let section = reader.object(document, "providers", keys: nil) else { return }
        for member in section.members {
            let path = section.path(member.name)
            let index = settings.providers.firstIndex { provider in
                provider.id.rawValue == member.name || provider.kind.section == member.name
            }
            guard let index else {
                let aliases = settings.providers.map(\.id.rawValue)
                let nearest = NearestName.find(member.name, among: aliases).map { "did you mean \($0)?" }
                reader.report(
                    .error, path, at: member.position, "there is no provider with this alias",
                    expected: aliases.isEmpty
                        ? "a provider of auth.json, which has none" : aliases.joined(separator: ", "),
                    suggestion: nearest)
                continue
            }
            var provider = settings.providers[index]
            refine(&provider, member.value, path)
            settings.providers[index] = provider
        }
    }

    private mutating func signIn(_ document: DocumentReader.Object, _ settings: inout Settings) {
        guard let section = reader.object(document, "signIn", keys: ["keySettingNames", "cookieName"]) else { return }
        if let names = reader.strings(section, "keySettingNames", acceptsOne: true) {
            settings.signIn.keySettingNames = names
        }
        if let name = reader.nonEmptyString(section, "cookieName") { settings.signIn.cookieName = name }
    }

    private mutating func refine(_ provider: inout Settings.Provider, _ node: DocumentNode, _ path: String) {
        let keys = [
            "introspection", "allowedAudiences", "algorithms", "clockSkew", "apiBaseURL", "acceptUnboundTokens",
        ]
        guard let object = reader.object(node, at: path, keys: keys) else { return }
        if let audiences = reader.strings(object, "allowedAudiences", acceptsOne: true) {
            provider.allowedAudiences = audiences
        }
        if let algorithms = reader.strings(object, "algorithms", acceptsOne: true) { provider.algorithms = algorithms }
        if let skew = reader.duration(object, "clockSkew") { provider.clockSkew = skew }
        if let base = reader.nonEmptyString(object, "apiBaseURL") { provider.apiBaseURL = base }
        if let accepts = reader.bool(object, "acceptUnboundTokens") { provider.acceptsUnboundTokens = accepts }
        guard object["introspection"] != nil else { return }
        let names = ["endpoint", "clientId", "clientSecretSettingName", "authentication", "cache"]
        guard let introspection = reader.object(object, "introspection", keys: names) else { return }
        var value = Settings.Introspection()
        value.endpoint = reader.nonEmptyString(introspection, "endpoint")
        value.clientID = reader.nonEmptyString(introspection, "clientId").map { ClientID($0) }
        value.secretSettingName = reader.nonEmptyString(introspection, "clientSecretSettingName")
        if let method = reader.choice(introspection, "authentication", Settings.Introspection.Authentication.self) {
            value.authentication = method
        }
        if let cache = reader.duration(introspection, "cache") { value.cache = cache }
        provider.introspection = value
    }
}
