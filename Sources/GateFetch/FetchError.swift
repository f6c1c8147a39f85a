// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Why an outbound request got no answer that may be used.
///
/// The message names the host and what went wrong, never the path's query, a header, a body or a credential.
package struct FetchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        package let description: String
        private init(_ description: String) { self.description = description }

        /// The egress guard forbids the scheme or every address of the host.
        package static let forbidden = Code("forbidden")
        package static let nameResolution = Code("name-resolution")
        package static let connect = Code("connect")
        package static let tls = Code("tls")
        /// The total deadline passed: while connecting, waiting or reading.
        package static let timeout = Code("timeout")
        package static let tooLarge = Code("too-large")
        /// The peer broke off or does not speak HTTP.
        package static let broken = Code("broken")
        package static let cancelled = Code("cancelled")
        /// The fetcher has been shut down.
        package static let closed = Code("closed")
    }

    /// Who has to act.
    package enum Blame: String, Sendable, Hashable { case provider, `operator`, `internal` }

    package let code: Code
    package let message: String
    package let blame: Blame

    package init(_ code: Code, _ message: String, blame: Blame = .provider) {
        self.code = code
        self.message = message
        self.blame = blame
    }

    package var description: String { "\(code): \(message)" }
}
