// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import ArgumentParser
import GateConfig
import GateServer

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what the configuration means, what cannot work, and why.",
        discussion: """
            Prints every setting in force with secrets left out, then what is wrong or unwise. Exits with 0 when the gate could start,
            with 2 when it could not, and with 3 when --online found something that does not answer.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Show where each value comes from: flag, environment, file and line, or default.")
    var showOrigin = false

    @Flag(help: "Also ask the identity providers, the upstream and the public URL.")
    var online = false

    func run() async throws {
        let result = options.source.load()
        if let settings = result.settings {
            print(SettingsReport(settings, origins: result.origins).text(showingOrigins: showOrigin))
        }
        for diagnostic in result.diagnostics { print("\(diagnostic)") }
        guard let settings = result.settings else {
            printError("The gate cannot start with this configuration.")
            throw ExitCode(2)
        }
        let problems = StartCheck(settings).problems()
        guard problems.isEmpty else {
            for problem in problems { print("error: \(problem)") }
            printError("The gate cannot start with this configuration.")
            throw ExitCode(2)
        }
        if online {
            let findings = await OnlineCheck(settings: settings).run()
            print("")
            for finding in findings { print("\(finding.isGood ? "ok  " : "FAIL") \(finding.what): \(finding.detail)") }
            if findings.contains(where: { !$0.isGood }) { throw ExitCode(3) }
        }
    }
}
