// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateCore
import GateOAuth
import Testing

@testable import GateServer

/// What the decision is made by is what was configured.
@Suite struct SettingsTranslationTests {
    private static func snapshot(_ adjust: (inout Settings) -> Void) throws -> GatewaySnapshot {
        var settings = Settings()
        settings.publicURL = try HTTPURL("https://mcp.example")
        settings.upstreams = [Settings.Upstream(url: "http://127.0.0.1:3000")]
        adjust(&settings)
        return try SettingsTranslation(settings).snapshot(chains: [], issuers: [:])
    }

    @Test(
        "every unauthenticatedClientAction is carried out as it is named",
        arguments: Settings.UnauthenticatedClientAction.allCases)
    func actions(_ action: Settings.UnauthenticatedClientAction) throws {
        let snapshot = try Self.snapshot { $0.globalValidation.unauthenticatedClientAction = action }

        #expect(snapshot.configuration.unauthenticatedAction.rawValue == action.rawValue)
    }

    static let plainConnections: [(name: String, adjust: @Sendable (inout Settings) -> Void, isRefused: Bool)] = [
        ("the gate cannot tell", { _ in }, false),
        ("a trusted proxy tells", { $0.trustedProxies = ["10.0.0.0/8"] }, true),
        ("the gate ends TLS", { $0.tls = Settings.TLS(certificate: "c.pem", key: "k.pem") }, true),
        (
            "switched off",
            {
                $0.trustedProxies = ["10.0.0.0/8"]
                $0.requiresHTTPS = false
            }, false
        ),
        (
            "the public URL is http",
            {
                $0.trustedProxies = ["10.0.0.0/8"]
                $0.publicURL = try? HTTPURL("http://localhost:8080")
            }, false
        ),
    ]

    @Test(
        "requireHttps is enforced where somebody can tell (Easy Auth, httpSettings.requireHttps)",
        arguments: plainConnections.indices)
    func requireHTTPS(_ index: Int) throws {
        let row = Self.plainConnections[index]

        #expect(try Self.snapshot(row.adjust).configuration.requiresHTTPS == row.isRefused, "\(row.name)")
    }

    @Test(
        "an upstream's path is put before the request's, and its authority is its Host",
        arguments: [
            ("http://127.0.0.1:3000", "", "127.0.0.1:3000"), ("http://127.0.0.1:3000/", "", "127.0.0.1:3000"),
            ("https://tools.internal/base/", "/base", "tools.internal"),
            ("http://[::1]:3000/a/b", "/a/b", "[::1]:3000"), ("unix:/run/mcp.sock", "", "localhost"),
        ])
    func upstreams(_ url: String, _ path: String, _ host: String) throws {
        let configuration = try Self.snapshot { $0.upstreams = [Settings.Upstream(url: url)] }.configuration

        #expect(configuration.upstreamPaths == [path])
        #expect(configuration.upstreamHosts == [host])
    }

    @Test("the control plane's prefix, hosts, origins and proxies go where they decide")
    func lists() throws {
        let configuration = try Self.snapshot {
            $0.apiPrefix = "/gate"
            $0.allowedHosts = ["alias.example"]
            $0.allowedOrigins = ["https://app.example"]
            $0.trustedProxies = ["10.0.0.0/8", "fd00::/8"]
            $0.forwardsAuthorization = true
            $0.platformEnabled = false
        }.configuration

        #expect(configuration.apiPrefix == "/gate")
        #expect(configuration.allowedHosts == ["alias.example"])
        #expect(configuration.allowedOrigins == ["https://app.example"])
        #expect(configuration.trustedProxies.count == 2)
        #expect(configuration.forwardsAuthorization)
        #expect(!configuration.requiresAuthentication)
    }
}
