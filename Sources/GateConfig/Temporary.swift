// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateOAuth
import ServiceLifecycle
import Yams

package struct SourceFile: Sendable {
    package var name: String; package var bytes: [UInt8]
    package init(name: String, bytes: [UInt8]) { self.name = name; self.bytes = bytes }
}
package struct LoadResult: Sendable {
    package var settings: Settings?; package var diagnostics: [ConfigDiagnostic]; package var origins: [String: String]
}
package struct ConfigurationLoader {
    package struct Flags: Sendable {
        package var listen: String?; package var upstream: String?; package var publicURL: String?;
        package var operationsListen: String?
        package init() {}
    }
    let environment: [String: String]; let flags: Flags
    package init(environment: [String: String], secretDirectory: String?, flags: Flags) {
        self.environment = environment; self.flags = flags
    }
    package func load(authSettings: SourceFile?, gatehouse: SourceFile?) -> LoadResult {
        var s = Settings()
        if let a = authSettings, let v = try? JSONValue.parse(a.bytes), let o = v.object {
            let g = o["globalValidation"]?.object
            s.globalValidation.excludedPaths = g?["excludedPaths"]?.strings ?? []
            s.globalValidation.unauthenticatedClientAction = .return401
            for m in o["identityProviders"]?.object?["customOpenIdConnectProviders"]?.object?.members ?? [] {
                var p = Settings.Provider(id: ProviderID(m.name), kind: .openIDConnect)
                let r = m.value.object?["registration"]?.object
                p.clientID = r?["clientId"]?.string.map { ClientID($0) }
                let c = r?["openIdConnectConfiguration"]?.object
                p.issuer = c?["issuer"]?.string; p.keySetURL = c?["certificationUri"]?.string;
                p.wellKnown = c?["wellKnownOpenIdConfiguration"]?.string
                s.providers.append(p)
            }
        }
        if let y = gatehouse, let n = (try? Yams.load(yaml: String(decoding: y.bytes, as: UTF8.self))) as? [String: Any]
        {
            if let p = (n["publicURL"] ?? n["publicUrl"]) as? String { s.publicURL = try? HTTPURL(p) }
            if let l = n["listen"] as? String { s.listen = [l] }
            if let l = n["upstream"] as? String { s.upstreams = [.init(url: l)] }
            for r in n["resources"] as? [[String: Any]] ?? [] {
                s.resources.append(
                    .init(
                        path: r["path"] as? String ?? "/mcp", identifier: r["identifier"] as? String,
                        scopes: Scope(tokens: r["scopes"] as? [String] ?? [])))
            }
        }
        s.prmScopes = Scope(
            tokens: (environment["WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES"] ?? "").split(separator: ",").map(String.init))
        if let f = flags.listen { s.listen = [f] }
        if let f = flags.upstream { s.upstreams = [.init(url: f)] }
        if let f = flags.publicURL { s.publicURL = try? HTTPURL(f) }
        if let f = flags.operationsListen { s.operationsListen = f }
        if s.publicURL == nil { s.publicURL = try? HTTPURL("http://" + s.listen[0]) }
        return LoadResult(settings: s, diagnostics: [], origins: [:])
    }
}
package struct SettingsReport {
    package init(settings: Settings, origins: [String: String]) {}
    package func text(showOrigin: Bool) -> String { "" }
}
package final class SettingsWatcher: Service {
    let f: @Sendable () async -> Void
    package init(paths: [String], onChange: @escaping @Sendable () async -> Void) { f = onChange }
    package func trigger() {}
    package func run() async throws { try? await gracefulShutdown() }
}
