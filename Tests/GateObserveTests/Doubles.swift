// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateObserve
import GateTime
import Synchronization

/// Always the same instant.
struct StillClock: WallClock {
    var now = Instant(seconds: 1_795_417_182, nanoseconds: 123_000_000)
}

/// Keeps what is written, and refuses when told to.
final class RecordingSink: LineSink {
    private struct State {
        var bytes: [UInt8] = []
        var room = Int.max
        var failure: Int32?
        var reopenCount = 0
        var writeCount = 0
    }

    private let state = Mutex(State())
    let isTerminal = false

    /// Octets taken before the sink stops, and the error it then reports.
    func limit(room: Int, failure: Int32?) {
        state.withLock {
            $0.room = room
            $0.failure = failure
        }
    }

    func write(_ bytes: [UInt8], from offset: Int, patience: Duration) -> LineWrite {
        state.withLock { state in
            state.writeCount += 1
            let taken = min(bytes.count - offset, state.room)
            state.bytes += bytes[offset..<(offset + taken)]
            state.room -= taken
            return LineWrite(count: taken, failure: taken < bytes.count - offset ? state.failure : nil)
        }
    }

    func reopen() { state.withLock { $0.reopenCount += 1 } }

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
    var reopenCount: Int { state.withLock { $0.reopenCount } }
    var writeCount: Int { state.withLock { $0.writeCount } }
}

extension AuditEvent {
    static func sample(path: String = "/mcp") -> AuditEvent {
        AuditEvent(
            time: StillClock().now, requestID: RequestID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c),
            trace: .make(for: RequestID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736)), outcome: .permitted,
            reason: "bearer", phase: "forward",
            method: "POST", path: path, status: 200, remoteAddress: "127.0.0.1")
    }
}
