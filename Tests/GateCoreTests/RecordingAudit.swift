// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateJSON
import GateMCP
import GateOAuth
import GatePolicy
import GateTestKit
import GateTime
import GateObserve
import Synchronization

/// Remembers every audit event.
final class RecordingAudit: AuditSink {
    private let recorded = Mutex<[AuditEvent]>([])

    func record(_ event: borrowing AuditEvent) {
        let kept = copy event
        recorded.withLock { $0.append(kept) }
    }

    var events: [AuditEvent] { recorded.withLock { $0 } }
}
