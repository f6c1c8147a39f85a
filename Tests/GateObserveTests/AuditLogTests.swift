// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateObserve
import Logging
import Testing

@Suite("Audit log")
struct AuditLogTests {
    private let sink = RecordingSink()
    private let metrics = GatewayMetrics()

    private func makeLog(bufferBytes: Int = 8 << 20, complaints: RecordingSink = RecordingSink()) -> AuditLog {
        let logger = Logger(label: "audit") { _ in JSONLogHandler(label: "audit", output: LogOutput(complaints)) }
        return AuditLog(
            sink: sink, metrics: metrics, logger: logger, configuration: .init(bufferBytes: bufferBytes))
    }

    @Test("a full event is one line with all members in order (schema version 1)")
    func fullLine() {
        let log = makeLog()
        var event = AuditEvent.sample()
        event.caller = AuditCaller(
            provider: "aad", issuer: "https://login.example/v2.0", subject: "s\"1\\\n", client: "c1")
        event.mcpMethod = "tools/call"
        event.mcpTarget = "whoami"

        log.record(event)
        log.flush(patience: .zero)

        #expect(
            sink.text == #"{"audit":1,"time":"2026-11-23T06:59:42.123Z","request":"0af7651916cd43dd8448eb211c80319c","#
                + #""trace":"4bf92f3577b34da6a3ce929d0e0e4736","outcome":"permitted","reason":"bearer","#
                + #""phase":"forward","method":"POST","path":"/mcp","status":200,"remote":"127.0.0.1","#
                + #""provider":"aad","issuer":"https://login.example/v2.0","subject":"s\"1\\\n","client":"c1","#
                + #""mcp_method":"tools/call","mcp_target":"whoami"}"# + "\n")
    }

    @Test("absent members are left out and every line is JSON")
    func shortLine() throws {
        let log = makeLog()

        for path in ["/", "/a\"b", "/é\u{1}", "/\u{2028}"] { log.record(.sample(path: path)) }
        log.flush(patience: .zero)

        let paths = try sink.lines.map { line in
            let value = try JSONValue.parse(Array(line.utf8))
            #expect(value.object?["provider"] == nil)
            return value.object?["path"]?.string
        }
        #expect(paths == ["/", "/a\"b", "/é\u{1}", "/\u{2028}"])
    }

    @Test("a sink that takes part of a line is given the rest later, and nothing is lost or doubled")
    func resumesAfterPartialWrite() {
        let log = makeLog()
        for index in 0..<10 { log.record(.sample(path: "/\(index)")) }

        sink.limit(room: 333, failure: nil)
        log.flush(patience: .zero)
        log.record(.sample(path: "/10"))
        sink.limit(room: .max, failure: nil)
        log.flush(patience: .zero)

        #expect(sink.lines.count == 11)
        #expect(sink.lines.allSatisfy { (try? JSONValue.parse(Array($0.utf8))) != nil })
    }

    @Test("a full disk drops and counts past the limit, complains once a minute, and never loops")
    func fullDisk() {
        let complaints = RecordingSink()
        let log = makeLog(bufferBytes: 1_000, complaints: complaints)
        sink.limit(room: 0, failure: 28)

        for _ in 0..<20 {
            log.record(.sample())
            log.flush(patience: .zero)
        }

        #expect(sink.writeCount == 20)
        #expect(metrics.auditEventsDropped.value > 10)
        #expect(metrics.auditEvents.value + metrics.auditEventsDropped.value == 20)
        #expect(metrics.auditWriteFailures.value == 20)
        #expect(complaints.lines.count == 1)

        sink.limit(room: .max, failure: nil)
        log.flush(patience: .zero)
        #expect(UInt64(sink.lines.count) == metrics.auditEvents.value)
        log.record(.sample())
        log.flush(patience: .zero)
        #expect(UInt64(sink.lines.count) == metrics.auditEvents.value)
    }

    @Test("the service flushes what is left when it is cancelled")
    func flushesAtTheEnd() async {
        let log = makeLog()
        log.record(.sample())

        await withTaskGroup(of: Void.self) { group in
            group.addTask { await log.run() }
            group.cancelAll()
        }

        #expect(sink.lines.count == 1)
    }

    @Test("reopening is passed on to the sink, and a fan-out reaches every sink")
    func fanOut() {
        let log = makeLog()
        let both = AuditFanOut([log, NoAudit(), log])

        both.record(.sample())
        log.flush(patience: .zero)
        log.reopen()

        #expect(sink.lines.count == 2)
        #expect(sink.reopenCount == 1)
    }
}
