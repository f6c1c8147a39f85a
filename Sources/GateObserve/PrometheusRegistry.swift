// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import CoreMetrics
import Synchronization

/// What the packages we build on count, kept for Prometheus; bootstrapped as the process's swift-metrics back end.
///
/// Dimensions outside an allow-list are left out, so that nothing a client sends (a path, a host) becomes a label, and
/// each metric has at most 200 series; what goes beyond is counted nowhere.
package final class PrometheusRegistry: MetricsFactory {
    /// Dimension names that may become labels.
    package static let allowedDimensions: Set<String> = [
        "method", "status", "error", "provider", "result", "state", "service", "outcome",
    ]

    private static let mostSeries = 200

    private struct SeriesKey: Hashable {
        var name: String
        var labels: [Label]
    }

    fileprivate struct Label: Hashable {
        var name: String
        var value: String
    }

    private struct State {
        var kinds: [String: PrometheusText.Kind] = [:]
        var series: [SeriesKey: PrometheusSeries] = [:]
        var seriesCounts: [String: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(Self.name(label, suffix: "_total"), .counter, dimensions)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(Self.name(label, suffix: "_total"), .counter, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(Self.name(label), .gauge, dimensions)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        series(Self.name(label), aggregate ? .summary : .gauge, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(Self.name(label, suffix: "_seconds"), .histogram, dimensions)
    }

    // Series outlive their handlers, so that a scrape sees what happened and a new handler goes on counting.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// Writes every series, ordered by name and labels.
    package func write(to text: inout PrometheusText) {
        let (kinds, series) = state.withLock { ($0.kinds, $0.series) }
        let ordered = series.sorted { a, b in
            a.key.name != b.key.name
                ? a.key.name < b.key.name
                : a.key.labels.lexicographicallyPrecedes(b.key.labels) { ($0.name, $0.value) < ($1.name, $1.value) }
        }
        var current = ""
        for (key, series) in ordered {
            guard let kind = kinds[key.name] else { continue }
            if key.name != current {
                text.begin(key.name, kind, help: "Counted by a library.")
                current = key.name
            }
            series.write(key.name, kind, key.labels.map { (name: $0.name, value: $0.value) }, to: &text)
        }
    }

    private func series(
        _ name: String, _ kind: PrometheusText.Kind, _ dimensions: [(String, String)]
    ) -> PrometheusSeries {
        let labels = dimensions.filter { Self.allowedDimensions.contains($0.0) }
            .map { Label(name: $0.0, value: $0.1) }
            .sorted { $0.name < $1.name }
        let key = SeriesKey(name: name, labels: labels)
        return state.withLock { state in
            if let known = state.kinds[name], known != kind { return PrometheusSeries() }
            if let series = state.series[key] { return series }
            let series = PrometheusSeries()
            guard state.seriesCounts[name, default: 0] < Self.mostSeries else { return series }
            state.kinds[name] = kind
            state.series[key] = series
            state.seriesCounts[name, default: 0] += 1
            return series
        }
    }

    /// A metric name of `[a-zA-Z_][a-zA-Z0-9_]*` with the suffix Prometheus expects.
    private static func name(_ label: String, suffix: String = "") -> String {
        var name = ""
        for scalar in label.unicodeScalars {
            let allowed = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            name.unicodeScalars.append(allowed ? scalar : "_")
        }
        if let first = name.unicodeScalars.first, ("0"..."9").contains(first) { name = "_" + name }
        return name.hasSuffix(suffix) ? name : name + suffix
    }
}
