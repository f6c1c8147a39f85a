// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateDemo
import GateObserve
import GateTime
import Synchronization
import Testing

@Suite("Demo narrator")
struct DemoNarratorTests {
    private final class Paper: LineSink {
        private let bytes = Mutex<[UInt8]>([])
        let isTerminal = false
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

        func write(_ bytes: [UInt8], from offset: Int, patience: Duration) -> LineWrite {
            self.bytes.withLock { $0 += bytes[offset...] }
            return LineWrite(count: bytes.count - offset)
        }

        func reopen() {}
    }

    private func event(
        _ outcome: AuditEvent.Outcome, _ reason: String, _ status: Int, path: String = "/mcp", subject: String? = nil,
        client: String? = nil, mcpMethod: String? = nil, mcpTarget: String? = nil
    ) -> AuditEvent {
        AuditEvent(
            time: Instant(seconds: 0), requestID: RequestID(high: 1, low: 2), trace: .make(), outcome: outcome,
            reason: reason, phase: "head",
            method: "POST", path: path, status: status, remoteAddress: "127.0.0.1",
            caller: subject.map { AuditCaller(provider: "demo", issuer: "https://demo", subject: $0, client: client) },
            mcpMethod: mcpMethod, mcpTarget: mcpTarget)
    }

    @Test("each decision is one readable line")
    func lines() throws {
        let paper = Paper()
        let narrator = DemoNarrator(sink: paper, clock: MovableClock())

        narrator.tell(DemoStep(.provider, "alice signed in"))
        narrator.record(event(.denied, "no_credential", 401, mcpMethod: "initialize"))
        narrator.record(event(.denied, "token_expired", 401))
        narrator.record(event(.permitted, "public", 200, path: "/.well-known/oauth-protected-resource/mcp"))
        narrator.record(
            event(
                .permitted, "bearer", 200, subject: try #require(DemoUser.everybody.first).subject, client: "c1",
                mcpMethod: "tools/call", mcpTarget: "whoami"))
        narrator.record(event(.unavailable, "dependency:jwks", 503))

        #expect(
            paper.text == """
                08:00:00  provider  ✓ alice signed in
                08:00:00  gate      ✗ stopped initialize: no token yet; the 401 says where to get one
                08:00:00  gate      ✗ refused POST /mcp: token expired (401)
                08:00:00  gate      ✓ told a client where to sign in: /.well-known/oauth-protected-resource/mcp
                08:00:00  gate      ✓ let alice with 'c1' through: tools/call whoami (200)
                08:00:00  gate      ✗ could not serve POST /mcp: dependency:jwks (503)

                """)
    }
}
