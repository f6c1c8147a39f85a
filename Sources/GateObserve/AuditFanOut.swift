// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Gives each event to several sinks, in order.
package struct AuditFanOut: AuditSink {
    private let sinks: [any AuditSink]

    package init(_ sinks: [any AuditSink]) { self.sinks = sinks }

    package func record(_ event: borrowing AuditEvent) {
        for sink in sinks { sink.record(event) }
    }
}

/// Takes every event and keeps none: `audit: off`.
package struct NoAudit: AuditSink {
    package init() {}
    package func record(_ event: borrowing AuditEvent) {}
}
