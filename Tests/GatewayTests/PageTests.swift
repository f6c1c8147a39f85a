// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Testing

@testable import GateWeb

/// Names of people are of their own choosing (defence D36).
@Suite struct PageTests {
    @Test(
        "no name becomes markup, however its characters combine",
        arguments: [
            "<b>x</b>", "\u{0D4E}<img src=x>", "\"\u{301} onclick=x", "a&lt;b", "'><script>", "<\u{200D}b",
            "\u{1F1E9}<b",
        ])
    func escaping(_ name: String) {
        let shown = Pages.escaped(Pages.visible(name))

        #expect(!shown.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) })
        #expect(shown.unicodeScalars.count(where: { $0 == "&" }) <= shown.unicodeScalars.count(where: { $0 == ";" }))
    }

    @Test(
        "what reorders or hides the text around it is left out",
        arguments: ["\u{202E}evil", "a\u{200B}b", "a\nb", "\u{2066}x"])
    func visible(_ name: String) {
        #expect(Pages.visible(name).unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
    }
}
