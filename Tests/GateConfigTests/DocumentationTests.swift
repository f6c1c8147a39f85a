// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import Testing

@Suite("The documentation says what the code does")
struct DocumentationTests {
    static let secrets = [
        "CORPORATE_AUTHENTICATION_SECRET": "s", "GITHUB_PROVIDER_AUTHENTICATION_SECRET": "s",
        "SESSION_KEY": String(repeating: "0123456789abcdef", count: 4),
    ]

    static func unknown(_ result: LoadResult) -> [String] {
        result.diagnostics.filter { $0.message == "unknown setting" }.map(\.description)
    }

    @Test("docs/configuration.md: the complete documents load without an error")
    func completeDocuments() throws {
        let blocks = MarkdownPage(try Workspace.text("docs/configuration.md")).blocks
        let json = try #require(blocks.first { $0.language == "json" })
        let yaml = try #require(blocks.last { $0.language == "yaml" })

        let result = ConfigurationLoader(environment: Self.secrets).load(
            authSettings: SourceFile(name: "auth.json", text: json.text),
            gatehouse: SourceFile(name: "gatehouse.yaml", text: yaml.text))

        #expect(result.diagnostics.map(\.description) == [])
        #expect(result.settings != nil)
    }

    /// Where the settings of a table stand in gatehouse.yaml.
    static let places: [String: @Sendable (String) -> String] = [
        "Protected resources": { "resources:\n  - path: /mcp\n    \($0): x" },
        "Upstreams": { "upstreams:\n  - url: http://127.0.0.1:1\n    \($0): x" },
        "Providers": { "providers:\n  corporate:\n    \($0): x" },
        "Introspection": { "providers:\n  corporate:\n    introspection:\n      \($0): x" },
    ]

    @Test("docs/configuration.md: every setting of gatehouse.yaml in the tables exists")
    func settingsExist() throws {
        let page = MarkdownPage(try Workspace.text("docs/configuration.md"))
        let json = try #require(page.blocks.first { $0.language == "json" })
        let headings = [
            "Server", "Callers", "Protected resources", "Upstreams", "Providers", "Introspection",
            "Limits, time-outs, keys", "Sign-in", "Logs and audit",
        ]
        var count = 0
        for row in page.rows where headings.contains(row.heading) {
            for name in row.code(in: 0) {
                let steps = name.split(separator: ".")
                let nested = steps.enumerated().map { String(repeating: "  ", count: $0.offset) + $0.element + ":" }
                let yaml = Self.places[row.heading]?(name) ?? nested.joined(separator: "\n") + " x"
                let result = ConfigurationLoader(environment: [:]).load(
                    authSettings: SourceFile(name: "auth.json", text: json.text),
                    gatehouse: SourceFile(name: "gatehouse.yaml", text: yaml))
                #expect(Self.unknown(result) == [])
                count += 1
            }
        }
        #expect(count >= 50)
    }

    @Test("docs/configuration.md: the defaults are those in force")
    func defaults() throws {
        let rows = MarkdownPage(try Workspace.text("docs/configuration.md")).rows
        var count = 0
        for line in SettingsReport(Settings(), origins: [:]).description.split(separator: "\n") {
            let sides = line.split(separator: " (default)")[0].firstRange(of: " = ").map { mark in
                (line[..<mark.lowerBound], line[mark.upperBound...].prefix { $0 != "(" }.trimming(" "))
            }
            guard let (path, value) = sides, !path.hasPrefix("WEBSITE_"),
                let row = rows.first(where: { $0.code(in: 0) == [String(path)] })
            else { continue }
            let documented = row.code(in: 1).first ?? row.cells[1]
            #expect(documented == value, "\(path)")
            count += 1
        }
        #expect(count >= 25)
    }

    @Test("docs/easy-auth-compatibility.md: what it calls known is known, and what it calls unsupported is reported")
    func environment() throws {
        let page = MarkdownPage(try Workspace.text("docs/easy-auth-compatibility.md"))
        var count = 0
        for row in page.rows where row.heading == "Application settings" {
            for name in row.code(in: 0) where name.hasPrefix("WEBSITE_AUTH_") {
                let result = ConfigurationLoader(environment: [name: "x"]).load(authSettings: nil, gatehouse: nil)
                let isUnknown = result.diagnostics.contains {
                    $0.path == name && ($0.message == "unknown setting" || $0.message.contains("is not enforced"))
                }
                #expect(isUnknown == (row.cells[1] == "not supported"), "\(name)")
                let isIdle = result.diagnostics.contains { $0.path == name && $0.message.hasPrefix("has no effect in") }
                #expect(isIdle == (row.cells[1] == "no effect yet"), "\(name)")
                count += 1
            }
        }
        #expect(count >= 30)
    }

    @Test("docs/easy-auth-compatibility.md: every setting of authsettingsV2 in the tables is one that is read")
    func authSettings() throws {
        let page = MarkdownPage(try Workspace.text("docs/easy-auth-compatibility.md"))
        let sections = ["platform", "globalValidation", "httpSettings", "login", "identityProviders"]
        var count = 0
        for row in page.rows {
            guard let section = sections.first(where: { row.heading == "`\($0)`" }),
                let name = row.code(in: 0).first, name.first?.isLowercase == true
            else { continue }
            let steps = [section] + name.split(separator: ".").map(String.init)
            let document = steps.reversed().reduce("\"x\"") { "{\"\($1)\":\($0)}" }
            let result = ConfigurationLoader(environment: [:]).load(
                authSettings: SourceFile(name: "auth.json", text: document), gatehouse: nil)
            #expect(Self.unknown(result) == [])
            count += 1
        }
        #expect(count >= 60)
    }

    @Test("every row of the compatibility table has one of three states and says where to look")
    func states() throws {
        let rows = MarkdownPage(try Workspace.text("docs/easy-auth-compatibility.md")).rows
            .filter { $0.cells.count > 1 && $0.cells[1] != "State" }

        for row in rows {
            #expect(row.cells.count == 4, "\(row.cells)")
            #expect(["works", "no effect yet", "not supported"].contains(row.cells[1]), "\(row.cells)")
            #expect(!(row.cells.last ?? "").isEmpty)
        }
        #expect(rows.count >= 140)
    }

    @Test("the places that the compatibility table names exist")
    func places() throws {
        let rows = MarkdownPage(try Workspace.text("docs/easy-auth-compatibility.md")).rows
        for row in rows where row.cells.count == 4 && row.cells[3] != "Where" && row.cells[3] != "–" {
            for place in row.cells[3].split(separator: ",").map({ $0.trimming(" ") }) {
                let parts = place.split(separator: "/")
                let folder = "Sources/\(parts[0])"
                let names = try Workspace.names(in: folder)
                #expect(parts.count == 1 || names.contains("\(parts[1]).swift"), "\(place)")
            }
        }
    }
}
