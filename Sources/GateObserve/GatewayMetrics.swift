// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// Everything the gate counts: a closed catalogue, so that no request can make a new series.
///
/// One instance lives as long as the process; what moves a number is an atomic addition.
package final class GatewayMetrics: Sendable {
    /// How a connection to an upstream came to nothing; label `reason`.
    package enum UpstreamFailureReason: String, Sendable, CaseIterable {
        case unreachable, timeout, `protocol`, overloaded
    }

    /// What a validator said; label `result`.
    package enum ValidationResult: String, Sendable, CaseIterable { case accepted, rejected, unavailable }

    package let requestsInFlight = MetricGauge()
    package let openConnections = MetricGauge()
    /// Answers that stream events, and upgraded connections.
    package let openStreams = MetricGauge()
    package let connectionsRefused = MetricCounter()
    package let upstreamConnects = MetricCounter()
    package let upstreamReuses = MetricCounter()
    package let upstreamRetries = MetricCounter()
    package let tokenCacheHits = MetricCounter()
    package let tokenCacheMisses = MetricCounter()
    package let keyRefreshes = MetricCounter()
    package let keyRefreshFailures = MetricCounter()
    package let configReloads = MetricCounter()
    package let configReloadFailures = MetricCounter()
    package let auditEvents = MetricCounter()
    package let auditEventsDropped = MetricCounter()
    package let auditWriteFailures = MetricCounter()
    package let logLinesDropped = MetricCounter()

    private static let outcomes: [AuditEvent.Outcome] = [.permitted, .denied, .unavailable]
    /// `1xx` to `5xx`.
    private static let statusClassCount = 5
    private static let mostProviders = 64

    private let requests: [MetricCounter]
    private let durations: [DurationHistogram]
    private let upstreamFailures: [MetricCounter]
    private let validations = Mutex<[String: [MetricCounter]]>([:])

    package init() {
        let cells = Self.outcomes.count * Self.statusClassCount * Phase.allCases.count
        requests = (0..<cells).map { _ in MetricCounter() }
        durations = Self.outcomes.map { _ in DurationHistogram() }
        upstreamFailures = UpstreamFailureReason.allCases.map { _ in MetricCounter() }
    }

    /// One exchange is over: what was decided, in which phase, what was answered and how long it took.
    package func requestFinished(
        outcome: AuditEvent.Outcome, phase: Phase, status: Int, duration: Duration
    ) {
        let statusClass = min(max(status / 100, 1), Self.statusClassCount) - 1
        let cell = (outcome.index * Self.statusClassCount + statusClass) * Phase.allCases.count + phase.index
        requests[cell].increment()
        durations[outcome.index].record(duration)
    }

    package func upstreamFailed(_ reason: UpstreamFailureReason) { upstreamFailures[reason.index].increment() }

    /// One token was judged by a provider's validator (cached verdicts are not counted here).
    ///
    /// Providers come from the configuration; past 64 different ones, further are counted as `other`.
    package func validated(by provider: String, _ result: ValidationResult) {
        validations.withLock { table in
            let known = table[provider] != nil || table.count < Self.mostProviders
            let counters = table[known ? provider : "other", default: Self.freshResults()]
            counters[result.index].increment()
            table[known ? provider : "other"] = counters
        }
    }

    private static func freshResults() -> [MetricCounter] { ValidationResult.allCases.map { _ in MetricCounter() } }

    /// Writes every metric of the catalogue; request series that never moved are left out.
    package func write(to text: inout PrometheusText) {
        writeRequests(to: &text)
        text.begin(
            "gatehouse_request_duration_seconds", .histogram,
            help: "Time from a request's head to the end of its answer.")
        for outcome in Self.outcomes {
            text.histogram(
                "gatehouse_request_duration_seconds", [("outcome", outcome.rawValue)], durations[outcome.index])
        }
        text.begin("gatehouse_upstream_failures_total", .counter, help: "Exchanges an upstream did not answer.")
        for reason in UpstreamFailureReason.allCases {
            text.sample(
                "gatehouse_upstream_failures_total", [("reason", reason.rawValue)],
                upstreamFailures[reason.index].value)
        }
        writeValidations(to: &text)
        for (name, help, gauge) in gauges {
            text.begin(name, .gauge, help: help)
            text.sample(name, [], gauge.value)
        }
        for (name, help, counter) in counters {
            text.begin(name, .counter, help: help)
            text.sample(name, [], counter.value)
        }
    }

    private func writeRequests(to text: inout PrometheusText) {
        text.begin("gatehouse_requests_total", .counter, help: "Finished requests by what was decided and answered.")
        for outcome in Self.outcomes {
            for statusClass in 0..<Self.statusClassCount {
                for phase in Phase.allCases {
                    let row = outcome.index * Self.statusClassCount + statusClass
                    let value = requests[row * Phase.allCases.count + phase.index].value
                    guard value > 0 else { continue }
                    text.sample(
                        "gatehouse_requests_total",
                        [
                            ("outcome", outcome.rawValue), ("status", "\(statusClass + 1)xx"),
                            ("phase", phase.rawValue),
                        ], value)
                }
            }
        }
    }

    private func writeValidations(to text: inout PrometheusText) {
        text.begin("gatehouse_validations_total", .counter, help: "Tokens judged by a provider's validator.")
        let table = validations.withLock { $0 }
        for (provider, counters) in table.sorted(by: { $0.key < $1.key }) {
            for result in ValidationResult.allCases {
                text.sample(
                    "gatehouse_validations_total", [("provider", provider), ("result", result.rawValue)],
                    counters[result.index].value)
            }
        }
    }

    private var gauges: [(String, String, MetricGauge)] {
        [
            ("gatehouse_requests_in_flight", "Requests that have begun and are not over.", requestsInFlight),
            ("gatehouse_open_connections", "Client connections that are open.", openConnections),
            ("gatehouse_open_streams", "Event streams and upgraded connections that are open.", openStreams),
        ]
    }

    private var counters: [(String, String, MetricCounter)] {
        [
            ("gatehouse_connections_refused_total", "Connections closed at once, over the limit.", connectionsRefused),
            ("gatehouse_upstream_connects_total", "Connections opened to upstreams.", upstreamConnects),
            ("gatehouse_upstream_reuses_total", "Exchanges on a kept connection to an upstream.", upstreamReuses),
            ("gatehouse_upstream_retries_total", "Exchanges begun anew on a fresh connection.", upstreamRetries),
            ("gatehouse_token_cache_hits_total", "Tokens whose verdict was remembered.", tokenCacheHits),
            ("gatehouse_token_cache_misses_total", "Tokens that had to be validated.", tokenCacheMisses),
            ("gatehouse_key_refreshes_total", "Key sets and discovery documents fetched.", keyRefreshes),
            ("gatehouse_key_refresh_failures_total", "Fetches of those that failed.", keyRefreshFailures),
            ("gatehouse_config_reloads_total", "Configurations put in force after the first.", configReloads),
            (
                "gatehouse_config_reload_failures_total", "Configurations refused; the old one stays.",
                configReloadFailures
            ),
            ("gatehouse_audit_events_total", "Audit events recorded.", auditEvents),
            (
                "gatehouse_audit_events_dropped_total", "Audit events lost because the buffer was full.",
                auditEventsDropped
            ),
            ("gatehouse_audit_write_failures_total", "Failed writes of the audit log.", auditWriteFailures),
            ("gatehouse_log_lines_dropped_total", "Log lines lost because their output was stuck.", logLinesDropped),
        ]
    }
}

extension AuditEvent.Outcome {
    fileprivate var index: Int {
        switch self {
        case .permitted: 0
        case .denied: 1
        case .unavailable: 2
        }
    }
}

extension GatewayMetrics.UpstreamFailureReason {
    fileprivate var index: Int {
        switch self {
        case .unreachable: 0
        case .timeout: 1
        case .protocol: 2
        case .overloaded: 3
        }
    }
}

extension GatewayMetrics.ValidationResult {
    fileprivate var index: Int {
        switch self {
        case .accepted: 0
        case .rejected: 1
        case .unavailable: 2
        }
    }
}
