// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Writes the Prometheus text exposition format 0.0.4.
package struct PrometheusText: Sendable {
    /// The `Content-Type` of the format.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package enum Kind: String, Sendable { case counter, gauge, histogram, summary }

    /// Label pairs of one series, in the order they are written.
    package typealias Labels = [(name: String, value: String)]

    package private(set) var bytes: [UInt8] = []

    package init() {}

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Begins a metric; its samples must follow at once.
    package mutating func begin(_ name: String, _ kind: Kind, help: String) {
        append("# HELP ")
        append(name)
        append(" ")
        appendEscaped(help, quotes: false)
        append("\n# TYPE ")
        append(name)
        append(" ")
        append(kind.rawValue)
        append("\n")
    }

    package mutating func sample(_ name: String, _ labels: Labels = [], _ value: UInt64) {
        sample(name, labels, text: String(value))
    }

    package mutating func sample(_ name: String, _ labels: Labels = [], _ value: Int64) {
        sample(name, labels, text: String(value))
    }

    package mutating func sample(_ name: String, _ labels: Labels = [], _ value: Double) {
        sample(name, labels, text: Self.format(value))
    }

    /// The series of one histogram: cumulative buckets, sum and count, in seconds.
    package mutating func histogram(_ name: String, _ labels: Labels = [], _ histogram: DurationHistogram) {
        let counts = histogram.counts
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total &+= count
            let bound =
                index < DurationHistogram.bounds.count
                ? Self.format(Double(DurationHistogram.bounds[index]) / 1_000_000_000) : "+Inf"
            sample(name + "_bucket", labels + [("le", bound)], total)
        }
        sample(name + "_sum", labels, histogram.sumSeconds)
        sample(name + "_count", labels, total)
    }

    private mutating func sample(_ name: String, _ labels: Labels, text: String) {
        append(name)
        if !labels.isEmpty {
            append("{")
            for (index, label) in labels.enumerated() {
                if index > 0 { append(",") }
                append(label.name)
                append("=\"")
                appendEscaped(label.value, quotes: true)
                append("\"")
            }
            append("}")
        }
        append(" ")
        append(text)
        append("\n")
    }

    /// Whole numbers without a fraction, the special values as the format spells them.
    private static func format(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return String(value)
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: bytes.append(byte)
            }
        }
    }
}
