// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateObserve
import Logging
import Testing

@Suite("Log handlers")
struct LogHandlerTests {
    private let sink = RecordingSink()

    private func json() -> Logger {
        Logger(label: "gate") { JSONLogHandler(label: $0, output: LogOutput(sink), clock: StillClock()) }
    }

    private func human(colour: Bool) -> Logger {
        Logger(label: "gate") {
            HumanLogHandler(label: $0, output: LogOutput(sink), usesColour: colour, clock: StillClock())
        }
    }

    @Test("a JSON line has fixed members, then metadata in the order of its keys")
    func jsonLine() {
        var logger = json()
        logger[metadataKey: "gatehouse.phase"] = "head"
        logger.info(
            "it's \"done\"\n", metadata: ["level": "x", "list": ["a", "b"], "table": ["k": "v"], "oauth.token": "abc"])
        logger.debug("not shown")

        #expect(
            sink.text == #"{"time":"2026-11-23T06:59:42.123Z","level":"info","logger":"gate","#
                + #""message":"it's \"done\"\n","gatehouse.phase":"head","metadata.level":"x","list":["a","b"],"#
                + #""oauth.token":"[redacted]","table":{"k":"v"}}"# + "\n")
    }

    @Test("a human line is readable and has no colours unless told")
    func humanLine() {
        human(colour: false).warning("key set is old", metadata: ["provider": "aad", "detail": "no answer"])

        #expect(sink.text == "06:59:42.123 WARN   key set is old detail=\"no answer\" provider=aad (gate)\n")
    }

    @Test("a human line with colours begins each with an escape and ends it")
    func colours() {
        human(colour: true).info("ready")

        #expect(sink.text.contains("\u{1B}[32mINFO  \u{1B}[0m ready"))
    }

    @Test("nobody can forge a second line or move the cursor")
    func controlCharacters() {
        human(colour: false).info("a\nb\u{1B}[2Jc", metadata: ["k": "x\r\ny"])

        #expect(sink.lines.count == 1)
        #expect(!sink.text.contains("\u{1B}"))
    }

    @Test("secrets are left out of messages, metadata and errors")
    func redaction() {
        struct Leak: Error, CustomStringConvertible { let description = "client_secret=canary1" }
        json().error("Bearer canary2canary2", error: Leak(), metadata: ["a": "x?code=canary3", "cookie": "canary4"])
        human(colour: false).error("Bearer canary2canary2", error: Leak(), metadata: ["cookie": "canary4"])

        #expect(!sink.text.contains("canary"))
        #expect(sink.lines.count == 2)
    }

    @Test("a stuck output drops the line and counts it")
    func stuck() {
        let metrics = GatewayMetrics()
        sink.limit(room: 0, failure: nil)
        Logger(label: "gate") { JSONLogHandler(label: $0, output: LogOutput(sink, metrics: metrics)) }.info("lost")

        #expect(metrics.logLinesDropped.value == 1)
    }
}
