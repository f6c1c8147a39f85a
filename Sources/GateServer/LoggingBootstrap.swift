// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateConfig
package import GateObserve
package import Logging

/// Makes the process's logger: readable lines on a terminal, JSON elsewhere, always on standard error.
package enum LoggingBootstrap {
    package static func start(_ settings: Settings.Logging, metrics: GatewayMetrics) -> Logger {
        let output = LogOutput(FileSink(.standardError), metrics: metrics)
        let level = Logger.Level(rawValue: settings.level.rawValue) ?? .info
        let isHuman =
            switch settings.format {
            case .human: true
            case .json: false
            case .auto: output.isTerminal
            }
        let make: @Sendable (String) -> any LogHandler = { label in
            isHuman
                ? HumanLogHandler(label: label, output: output, level: level)
                : JSONLogHandler(label: label, output: output, level: level)
        }
        LoggingSystem.bootstrap { label in make(label) }
        return Logger(label: "gatehouse")
    }
}
