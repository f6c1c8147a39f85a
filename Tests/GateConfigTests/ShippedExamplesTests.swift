// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import Testing

@Suite("Every example that we ship is valid")
struct ShippedExamplesTests {
    static let folders: [String] = (try? Workspace.names(in: "examples").filter { !$0.contains(".") }) ?? []

    /// What an example's README puts into the environment.
    static let environments: [String: [String: String]] = [
        "environment-only": [
            "GATEHOUSE_LISTEN": "0.0.0.0:8080", "GATEHOUSE_PUBLIC_URL": "https://mcp.example.com",
            "GATEHOUSE_UPSTREAM": "http://mcp-server:3000", "WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES": "tools.read",
        ],
        "github": ["GITHUB_PROVIDER_AUTHENTICATION_SECRET": "s"],
        "introspection": ["SITE_AUTHENTICATION_SECRET": "s"],
    ]

    @Test("there are examples, each with a README that the overview names")
    func overview() throws {
        let overview = try Workspace.text("examples/README.md")

        #expect(Self.folders.count >= 8)
        for folder in Self.folders {
            let names = try Workspace.names(in: "examples/\(folder)")
            #expect(overview.contains("[\(folder)](\(folder)/)"), "\(folder) is missing in examples/README.md")
            #expect(names.contains("README.md"))
            #expect(Set(names).isSubset(of: ["README.md", "auth.json", "gatehouse.yaml"]), "nobody tests the others")
        }
    }

    @Test("an example loads without an error and without a warning", arguments: folders)
    func loads(_ folder: String) throws {
        let names = try Workspace.names(in: "examples/\(folder)")
        func file(_ name: String) throws -> SourceFile? {
            guard names.contains(name) else { return nil }
            return SourceFile(name: name, bytes: try Workspace.bytes("examples/\(folder)/\(name)"))
        }

        let result = ConfigurationLoader(environment: Self.environments[folder] ?? [:])
            .load(authSettings: try file("auth.json"), gatehouse: try file("gatehouse.yaml"))

        #expect(result.diagnostics.filter { $0.severity != .note }.map(\.description) == [])
        #expect(result.settings != nil)
    }

    @Test("an example's README names every variable that it needs", arguments: environments.keys.sorted())
    func readmeNamesTheEnvironment(_ folder: String) throws {
        let readme = try Workspace.text("examples/\(folder)/README.md")

        for name in (Self.environments[folder] ?? [:]).keys {
            #expect(readme.contains(name), "\(name) is not mentioned")
        }
    }
}
