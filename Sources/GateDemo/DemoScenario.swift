// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
package import Logging

/// What `gatehouse demo` runs: a gate that is configured by documents like any other, and two services beside it.
///
/// Nothing in the gate knows of the demo: whoever copies the documents has the same gate in front of the same server.
package struct DemoScenario: Sendable {
    /// What clients ask for at the sample server.
    package static let scope = "mcp.tools"
    package static let defaultListen = "127.0.0.1:8640"

    package let gate: LoopbackAddress
    package let provider: LoopbackAddress
    package let server: LoopbackAddress

    /// - Parameter listen: the gate's address; the provider and the server take the next two ports.
    /// - Throws: ``DemoError`` when the address is not loopback, or leaves no room for two more ports.
    package init(listen: String = DemoScenario.defaultListen) throws(DemoError) {
        gate = try LoopbackAddress(parsing: listen)
        provider = try gate.advanced(by: 1)
        server = try gate.advanced(by: 2)
    }

    /// With all three addresses given, as tests do.
    package init(gate: LoopbackAddress, provider: LoopbackAddress, server: LoopbackAddress) {
        self.gate = gate
        self.provider = provider
        self.server = server
    }

    package var publicURL: String { gate.origin }
    /// What a person gives to an MCP client.
    package var endpoint: String { gate.origin + DemoMCPServer.path }
    package var issuer: String { provider.origin }
    package var upstreamURL: String { server.origin }

    /// `auth.json`: an `authsettingsV2` document with one custom OpenID Connect provider.
    package var authSettings: [UInt8] {
        let settings: JSONValue = [
            "platform": ["enabled": true],
            "globalValidation": ["requireAuthentication": true, "unauthenticatedClientAction": "Return401"],
            "httpSettings": ["requireHttps": false],
            "identityProviders": [
                "customOpenIdConnectProviders": [
                    "demo": [
                        "enabled": true,
                        "registration": [
                            "clientId": "gatehouse-demo",
                            "openIdConnectConfiguration": [
                                "wellKnownOpenIdConfiguration": .string(issuer + "/.well-known/openid-configuration")
                            ],
                        ],
                        "login": ["nameClaimType": "name"],
                    ]
                ]
            ],
        ]
        return settings.serialized(pretty: true) + [0x0A]
    }

    /// `gatehouse.yaml`: what an `authsettingsV2` document cannot say.
    package var gateDocument: [UInt8] {
        Array(
            """
            listen: "\(gate.authority)"
            publicUrl: "\(publicURL)"
            upstream: "\(upstreamURL)"

            """.utf8)
    }

    /// Application settings that belong to the documents (Easy Auth's switch for protected resource metadata).
    package var applicationSettings: [String: String] { ["WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES": Self.scope] }

    /// The provider and the sample server; they must run as long as the gate does.
    package func services(
        version: String, logger: Logger, observer: @escaping DemoObserver
    ) throws -> [DemoHTTPService] {
        let configuration = DemoIdentityProvider.Configuration(
            issuer: issuer, resources: [endpoint],
            resourceScopes: [(Self.scope, "use the sample server's tools in your name")])
        return [
            DemoHTTPService(
                at: provider, responder: try DemoIdentityProvider(configuration: configuration, observer: observer),
                logger: logger),
            DemoHTTPService(
                at: server, responder: DemoMCPServer(version: version, observer: observer), logger: logger),
        ]
    }
}
