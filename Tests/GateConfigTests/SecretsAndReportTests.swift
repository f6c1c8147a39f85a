// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Foundation
import GateConfig
import GateOAuth
import Testing

@Suite("Secrets, and what is told of them")
struct SecretsAndReportTests {
    private static let auth = Loading.providers(
        "\"gitHub\": {\"registration\": {\"clientId\": \"c\", \"clientSecretSettingName\": \"GH_SECRET\"}}")

    @Test("the environment comes before the file of that name")
    func looksInBothPlaces() throws {
        try TemporaryDirectory.withOne { directory in
            try Data("from file\n".utf8).write(to: directory.appending(path: "GH_SECRET"))

            let byFile = Loading.load(auth: Self.auth, secretDirectory: directory.path)
            let byVariable = Loading.load(
                auth: Self.auth, environment: ["GH_SECRET": "from environment"], secretDirectory: directory.path)

            #expect(byFile.settings?.providers.first?.clientSecret == Secret("from file"))
            #expect(byVariable.settings?.providers.first?.clientSecret == Secret("from environment"))
        }
    }

    @Test(
        "a setting's name cannot lead out of the directory", arguments: ["../x", "/etc/passwd", ".hidden", "a/b", ""])
    func refusesPaths(_ name: String) throws {
        let auth = Loading.providers(
            "\"gitHub\": {\"registration\": {\"clientId\": \"c\", \"clientSecretSettingName\": \"\(name)\"}}")

        let result = Loading.load(auth: auth, secretDirectory: "/etc")

        #expect(result.settings == nil)
        #expect(!result.diagnostics.contains { !name.isEmpty && $0.description.contains(name) })
    }

    @Test("the report shows every value with its origin, and of secrets only whether they are there")
    func reports() throws {
        let result = Loading.load(
            auth: Self.auth, environment: ["GH_SECRET": "hush", "GATEHOUSE_WORKERS": "3"],
            flags: .init(listen: ["127.0.0.1:9"]))
        let settings = try #require(result.settings)

        let report = SettingsReport(settings, origins: result.origins).description

        let lines = report.split(separator: "\n").map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        #expect(lines.contains("listen = 127.0.0.1:9 (--listen)"))
        #expect(lines.contains("workers = 3 (environment GATEHOUSE_WORKERS)"))
        #expect(lines.contains("upstreams[0].url = http://127.0.0.1:3000 (gatehouse.yaml:1)"))
        #expect(lines.contains("timeouts.idle = 75s (default)"))
        #expect(lines.contains("publicURL = http://127.0.0.1:9 (from listen)"))
        #expect(
            lines.contains(
                "identityProviders.gitHub.registration.clientSecretSettingName = GH_SECRET <set> (auth.json:1)"))
        #expect(!report.contains("hush"))
    }
}

/// A directory that is gone after the test.
enum TemporaryDirectory {
    static func withOne<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let url = try make()
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url)
    }

    static func make() throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }
}
