// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig

/// Short ways to load what a test is about.
enum Loading {
    /// One custom provider whose keys are at a known place.
    static let bench = """
        {
          "globalValidation": { "unauthenticatedClientAction": "Return401" },
          "identityProviders": {
            "customOpenIdConnectProviders": {
              "bench": {
                "registration": {
                  "clientId": "bench-client",
                  "openIdConnectConfiguration": {
                    "issuer": "http://127.0.0.1:9000",
                    "certificationUri": "http://127.0.0.1:9000/jwks",
                    "authorizationEndpoint": "http://127.0.0.1:9000/authorize",
                    "tokenEndpoint": "http://127.0.0.1:9000/token"
                  }
                }
              }
            }
          }
        }
        """

    static let upstream = "upstream: http://127.0.0.1:3000\n"

    static func load(
        auth: String? = bench, yaml: String? = upstream, environment: [String: String] = [:],
        secretDirectory: String? = nil, flags: ConfigurationLoader.Flags = .init()
    ) -> LoadResult {
        ConfigurationLoader(environment: environment, secretDirectory: secretDirectory, flags: flags).load(
            authSettings: auth.map { SourceFile(name: "auth.json", text: $0) },
            gatehouse: yaml.map { SourceFile(name: "gatehouse.yaml", text: $0) })
    }

    /// authsettingsV2 with these members of `identityProviders`.
    static func providers(_ members: String) -> String { "{\"identityProviders\": {\(members)}}" }

    static func entra(issuer: String = "https://login.microsoftonline.com/contoso.com/v2.0") -> String {
        providers(
            """
            "azureActiveDirectory": {"registration": {"clientId": "c", "openIdIssuer": "\(issuer)"}}
            """)
    }
}
