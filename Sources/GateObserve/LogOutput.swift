// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Writes whole log lines to a sink, and drops and counts them instead of waiting for a stuck reader.
package struct LogOutput: Sendable {
    private let sink: any LineSink
    private let metrics: GatewayMetrics?

    package init(_ sink: any LineSink, metrics: GatewayMetrics? = nil) {
        self.sink = sink
        self.metrics = metrics
    }

    package var isTerminal: Bool { sink.isTerminal }

    func write(_ line: [UInt8]) {
        let result = sink.write(line, from: 0, patience: .milliseconds(50))
        if result.count < line.count { metrics?.logLinesDropped.increment() }
    }
}
