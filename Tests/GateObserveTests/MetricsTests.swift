// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import CoreMetrics
import GateObserve
import Testing

@Suite("Metrics")
struct MetricsTests {
    private func text(_ write: (inout PrometheusText) -> Void) -> String {
        var text = PrometheusText()
        write(&text)
        return text.text
    }

    @Test("requests are counted by outcome, status class and phase, and durations land in their buckets")
    func requests() {
        let metrics = GatewayMetrics()
        metrics.requestFinished(outcome: .permitted, phase: .respond, status: 200, duration: .microseconds(400))
        metrics.requestFinished(outcome: .permitted, phase: .respond, status: 204, duration: .milliseconds(3))
        metrics.requestFinished(outcome: .denied, phase: .authenticate, status: 401, duration: .seconds(90))
        metrics.upstreamFailed(.timeout)
        metrics.validated(by: "aad", .rejected)
        metrics.openStreams.increment()

        let output = text(metrics.write)

        let expected = """
            # HELP gatehouse_requests_total Finished requests by what was decided and answered.
            # TYPE gatehouse_requests_total counter
            gatehouse_requests_total{outcome="permitted",status="2xx",phase="respond"} 2
            gatehouse_requests_total{outcome="denied",status="4xx",phase="authenticate"} 1
            # HELP gatehouse_request_duration_seconds Time from a request's head to the end of its answer.
            # TYPE gatehouse_request_duration_seconds histogram
            gatehouse_request_duration_seconds_bucket{outcome="permitted",le="0.0005"} 1
            gatehouse_request_duration_seconds_bucket{outcome="permitted",le="0.001"} 1
            gatehouse_request_duration_seconds_bucket{outcome="permitted",le="0.0025"} 1
            gatehouse_request_duration_seconds_bucket{outcome="permitted",le="0.005"} 2
            """
        #expect(output.hasPrefix(expected + "\n"))
        for line in [
            #"gatehouse_request_duration_seconds_bucket{outcome="permitted",le="+Inf"} 2"#,
            #"gatehouse_request_duration_seconds_sum{outcome="permitted"} 0.0034"#,
            #"gatehouse_request_duration_seconds_count{outcome="permitted"} 2"#,
            #"gatehouse_request_duration_seconds_bucket{outcome="denied",le="60"} 0"#,
            #"gatehouse_request_duration_seconds_bucket{outcome="denied",le="+Inf"} 1"#,
            #"gatehouse_upstream_failures_total{reason="timeout"} 1"#,
            #"gatehouse_validations_total{provider="aad",result="rejected"} 1"#,
            "gatehouse_open_streams 1",
            "gatehouse_audit_events_dropped_total 0",
        ] {
            #expect(output.contains("\n" + line + "\n"), "\(line)")
        }
    }

    @Test("past 64 providers, others share one series")
    func providerLimit() {
        let metrics = GatewayMetrics()
        for index in 0..<200 { metrics.validated(by: "p\(index)", .accepted) }

        let output = text(metrics.write)

        #expect(output.contains(#"{provider="other",result="accepted"} 136"#))
    }

    @Test("labels and help texts are escaped (text format 0.0.4)")
    func escaping() {
        let output = text {
            $0.begin("m", .gauge, help: "a\\b\nc\"d")
            $0.sample("m", [("l", "a\\b\nc\"d")], 0.5)
            $0.sample("m", [], Double.infinity)
            $0.sample("m", [], Double.nan)
        }

        #expect(
            output == #"# HELP m a\\b\nc"d"# + "\n# TYPE m gauge\n" + #"m{l="a\\b\nc\"d"} 0.5"# + "\nm +Inf\nm NaN\n")
    }

    @Test("libraries' metrics are exposed with the allowed dimensions only")
    func registry() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "http.requests", dimensions: [("hb.uri", "/secret"), ("method", "GET")])
            .increment(by: Int64(2))
        registry.makeCounter(label: "http.requests", dimensions: [("hb.uri", "/other"), ("method", "GET")])
            .increment(by: Int64(3))
        registry.makeMeter(label: "pool-size", dimensions: []).set(Int64(7))
        registry.makeTimer(label: "call", dimensions: []).recordNanoseconds(2_000_000)
        registry.makeRecorder(label: "bytes", dimensions: [], aggregate: true).record(Int64(10))
        registry.makeRecorder(label: "level", dimensions: [], aggregate: false).record(Int64(4))
        registry.makeRecorder(label: "http.requests_total", dimensions: [], aggregate: false).record(Int64(1))

        let output = text(registry.write)

        for line in [
            #"http_requests_total{method="GET"} 5"#, "pool_size 7", "call_seconds_count 1", "call_seconds_sum 0.002",
            "bytes_sum 10", "bytes_count 1", "level 4",
        ] {
            #expect(output.contains(line + "\n"), "\(line)")
        }
        #expect(!output.contains("secret"))
        #expect(output.split(separator: "\n").filter { $0.hasPrefix("# TYPE http_requests_total") }.count == 1)
    }

    @Test("one metric has at most 200 series, however many label values come")
    func seriesLimit() {
        let registry = PrometheusRegistry()
        for index in 0..<1_000 {
            registry.makeCounter(label: "c", dimensions: [("error", "e\(index)")]).increment(by: Int64(1))
        }

        #expect(text(registry.write).split(separator: "\n").filter { $0.hasPrefix("c_total{") }.count == 200)
    }

    @Test("the process describes itself")
    func process() {
        let output = text(ProcessMetrics(version: "1.2.3", startedAt: 5).write)

        #expect(output.contains(#"gatehouse_build_info{version="1.2.3"} 1"#))
        #expect(output.contains("process_start_time_seconds 5\n"))
        #expect(output.contains("process_cpu_seconds_total "))
    }
}
