// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateObserve
import Testing

@Suite("Trace context and request identifiers")
struct TraceContextTests {
    private static let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func parse(_ text: String) -> TraceContext? {
        let bytes = Array(text.utf8)
        return TraceContext(parsing: bytes.span)
    }

    @Test("a valid traceparent is read and written back (Trace Context §3.2)")
    func roundTrip() {
        let context = parse(Self.good)

        #expect(context?.traceparent == Self.good)
        #expect(context?.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(context?.flags == 1)
    }

    @Test(
        "anything else is ignored as a whole (Trace Context §3.2.2)",
        arguments: [
            "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            " 0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
        ])
    func refuses(_ text: String) {
        #expect(parse(text) == nil)
    }

    @Test("a later version is read by its first four parts and written as version 00 (Trace Context §4.3)")
    func laterVersion() {
        #expect(parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-what")?.traceparent == Self.good)
    }

    @Test("continuing keeps the trace and changes the parent")
    func continuing() {
        let context = parse(Self.good)
        let next = context?.continued()

        #expect(next?.traceID == context?.traceID)
        #expect(next?.parentID != context?.parentID)
        #expect(next?.flags == context?.flags)
    }

    @Test("a new trace is valid and not sampled")
    func making() {
        let request = RequestID.make()
        let made = TraceContext.make(for: request)

        #expect(parse(made.traceparent) == made)
        #expect(made.traceID == request.hex)
        #expect(made.flags == 0)
    }

    @Test("request identifiers are 32 lower-case digits and do not repeat")
    func requestIDs() {
        let all = Set((0..<10_000).map { _ in RequestID.make().hex })

        #expect(all.count == 10_000)
        #expect(all.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy { "0123456789abcdef".contains($0) } })
    }
}
