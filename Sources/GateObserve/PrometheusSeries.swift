// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import CoreMetrics
import Synchronization

/// One series of a library's metric; which of its sides is used depends on the metric's kind.
package final class PrometheusSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler,
    TimerHandler
{
    private struct State {
        /// A counter's or gauge's value.
        var value = 0.0
        /// Of all recorded values.
        var sum = 0.0
        var count: UInt64 = 0
    }

    private let state = Mutex(State())
    private let histogram = DurationHistogram()

    package func increment(by amount: Int64) { add(Double(amount)) }

    package func increment(by amount: Double) { add(amount) }

    package func decrement(by amount: Double) { add(-amount) }

    package func set(_ value: Int64) { set(Double(value)) }

    package func set(_ value: Double) { state.withLock { $0.value = value } }

    package func reset() { state.withLock { $0 = State() } }

    package func recordNanoseconds(_ duration: Int64) { histogram.record(nanoseconds: UInt64(max(duration, 0))) }

    package func record(_ value: Int64) { record(Double(value)) }

    /// Both the sum of a summary and the last value of a gauge; the writer takes the one that fits.
    package func record(_ value: Double) {
        state.withLock { state in
            state.sum += value
            state.value = value
            state.count += 1
        }
    }

    func write(
        _ name: String, _ kind: PrometheusText.Kind, _ labels: PrometheusText.Labels, to text: inout PrometheusText
    ) {
        let now = state.withLock { $0 }
        switch kind {
        case .counter, .gauge: text.sample(name, labels, now.value)
        case .summary:
            text.sample(name + "_sum", labels, now.sum)
            text.sample(name + "_count", labels, now.count)
        case .histogram: text.histogram(name, labels, histogram)
        }
    }

    private func add(_ amount: Double) { state.withLock { $0.value += amount } }
}
