// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension Settings {
    /// What one client, and all of them, may use.
    package struct Limits: Sendable, Hashable {
        /// A request head in all.
        package var headBytes = 32 * 1_024
        package var fieldCount = 100
        /// A request line or a field line.
        package var lineBytes = 8 * 1_024
        /// A body that is read before it is forwarded, as MCP's are.
        package var inspectedBodyBytes = 4 * 1_024 * 1_024
        package var connections = 20_000
        /// 0 for no limit.
        package var connectionsPerAddress = 0

        package init() {}
    }

    /// How long clients may take.
    package struct Timeouts: Sendable, Hashable {
        /// From the first octet to the end of the request head.
        package var head = Duration.seconds(10)
        /// Between two requests of a connection.
        package var idle = Duration.seconds(75)
        /// Between two pieces of a request body.
        package var body = Duration.seconds(30)
        /// A client that reads nothing.
        package var writeStall = Duration.seconds(60)
        /// For open exchanges at shutdown.
        package var drain = Duration.seconds(30)

        package init() {}
    }

    /// PEM files of the listener; reloaded when they change.
    package struct TLS: Sendable, Hashable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package struct Logging: Sendable, Hashable {
        package var format = Format.auto
        package var level = Level.info

        package init() {}

        package enum Format: String, Sendable, CaseIterable {
            /// Human on a terminal, JSON otherwise.
            case auto
            case json, human
        }

        package enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }
    }

    /// Where the audit log goes.
    package enum Audit: Sendable, Hashable {
        case stdout, stderr, off
        case file(String)

        /// `stdout`, `stderr`, `off`, or a path with a slash in it.
        package init?(_ text: String) {
            switch text {
            case "stdout": self = .stdout
            case "stderr": self = .stderr
            case "off": self = .off
            default:
                guard text.utf8.contains(UInt8(ascii: "/")) else { return nil }
                self = .file(text)
            }
        }
    }
}
