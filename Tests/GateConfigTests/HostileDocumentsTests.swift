// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateTestKit
import Testing

@Suite("Any octets give settings or an error, and soon", .timeLimit(.minutes(2)))
struct HostileDocumentsTests {
    @Test(
        "deep nesting is refused, in every way that YAML has for it",
        arguments: [
            String(repeating: "[", count: 5_000), String(repeating: "{a: ", count: 2_000),
            String(repeating: "- ", count: 5_000) + "x", String(repeating: "? ", count: 2_000) + "x",
            (0..<900).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
            (0..<200).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        ])
    func deepNesting(_ document: String) async {
        // On a thread with a small stack, as all but the first have.
        let check = await Task.detached {
            DocumentCheck(authSettings: Array(Loading.bench.utf8), gatehouse: Array(document.utf8))
        }.value

        #expect(!check.isUsable && !check.errors.isEmpty)
    }

    @Test("deep JSON is refused")
    func deepJSON() {
        let document = String(repeating: "{\"identityProviders\":", count: 5_000)

        #expect(!DocumentCheck(authSettings: Array(document.utf8), gatehouse: []).errors.isEmpty)
    }

    /// How a level's list names the level below it.
    static let spellings: [(before: String, name: String)] = [
        ("", "a"), ("", "-a"), ("", "_"), ("\"x\":", "a-"), ("? ", "a"),
    ]

    @Test("names that are lists of aliases take no time", arguments: spellings)
    func aliasesAsNames(_ before: String, _ name: String) {
        var document = "a0: &\(name)0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let items = Array(repeating: "\(before)*\(name)\(level - 1)", count: 10).joined(separator: ", ")
            document += "a\(level): &\(name)\(level) [\(items)]\n"
        }
        document += "? *\(name)9\n: x\n? *\(name)9\n: y\n"

        #expect(!DocumentCheck(authSettings: [], gatehouse: Array(document.utf8)).errors.isEmpty)
    }

    @Test("changed, cut and joined documents never crash, and never fail without a reason", arguments: 0..<8)
    func mutations(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let page = MarkdownPage(try Workspace.text("docs/configuration.md"))
        let json = Array(try #require(page.blocks.first { $0.language == "json" }).text.utf8)
        let yaml = Array(try #require(page.blocks.last { $0.language == "yaml" }).text.utf8)
        let pieces = [
            "", " ", "\n", "- ", "? ", ": ", "{", "}", "[", "]", "\"", "'", "&a", "*a", "!!str ", "|", ">", "#",
        ]
        .map { Array($0.utf8) }
        func mutated(_ document: [UInt8]) -> [UInt8] {
            var document = document
            for _ in 0..<Int.random(in: 0...4, using: &random) where !document.isEmpty {
                let place = Int.random(in: 0..<document.count, using: &random)
                let end = min(document.count, place + Int.random(in: 0...24, using: &random))
                switch Int.random(in: 0..<4, using: &random) {
                case 0: document[place] = UInt8.random(in: 0...255, using: &random)
                case 1: document.removeSubrange(place..<end)
                case 2: document.insert(contentsOf: random.pick(pieces) ?? [], at: place)
                default: document.insert(contentsOf: document[place..<end], at: place)
                }
            }
            return document
        }

        for _ in 0..<60 {
            let check = DocumentCheck(authSettings: mutated(json), gatehouse: mutated(yaml))
            #expect(check.isUsable == check.errors.isEmpty, "seed \(seed)")
        }
    }
}
