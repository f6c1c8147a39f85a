// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

@testable import GateConfig
import GateOAuth
import Testing

@Suite("What a change of the files does")
struct ReloadTests {
    static let sequences: [[(found: String, counts: Bool)]] = [
        // Nothing happens while nothing changes.
        [("a", false), ("a", false)],
        // A change counts when it was seen twice, and once only.
        [("b", false), ("b", true), ("b", false)],
        // A file that is still being written is left alone.
        [("b", false), ("bc", false), ("bcd", false), ("bcd", true)],
        // A change that is taken back never was.
        [("b", false), ("a", false), ("b", false), ("b", true)],
        // Going back to what was is a change as well.
        [("b", false), ("b", true), ("a", false), ("a", true)],
    ]

    @Test("a change counts when two looks in a row have found the same", arguments: sequences.indices)
    func settles(_ index: Int) {
        var change = SettledChange(known: "a")
        for look in Self.sequences[index] {
            #expect(change.look(look.found) == look.counts, "\(look.found)")
        }
    }

    struct Change: Sendable {
        var yaml: String
        var auth = Loading.bench
        var needsRestart: [String]
    }

    static let changes: [Change] = [
        Change(yaml: "", needsRestart: []),
        Change(yaml: "listen: 127.0.0.1:8081\n", needsRestart: ["listen"]),
        Change(yaml: "operations: {listen: off}\n", needsRestart: ["operations.listen"]),
        Change(yaml: "tls: {certificate: /c, key: /k}\n", needsRestart: ["tls"]),
        Change(yaml: "workers: 3\nlogging: {level: debug}\n", needsRestart: ["workers", "logging"]),
        Change(yaml: "limits: {inspectedBodyBytes: 1MiB}\n", needsRestart: []),
        Change(yaml: "limits: {fields: 50}\ntimeouts: {idle: 5s}\n", needsRestart: ["limits", "timeouts"]),
        Change(yaml: "keys: {maximumAge: 2h}\naudit: {to: off}\n", needsRestart: ["keys", "audit.to"]),
        Change(
            yaml: "allowedOrigins: [https://a.example]\ntrustedProxies: [10.0.0.1]\nforwardAuthorization: true\n"
                + "resources: [{path: /mcp, scopes: [a]}]\nproviders: {bench: {allowedAudiences: [a]}}\n",
            needsRestart: []),
        Change(
            yaml: "", auth: Loading.bench.replacing("bench-client", with: "another"), needsRestart: []),
    ]

    @Test("only what is read once at the start needs a restart", arguments: changes.indices)
    func restarts(_ index: Int) throws {
        let change = Self.changes[index]
        let running = try #require(Loading.load().settings)
        let next = try #require(Loading.load(auth: change.auth, yaml: Loading.upstream + change.yaml).settings)

        #expect(next.needingRestart(since: running) == change.needsRestart)
    }
}
