// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Where finished lines go: a stream or file of the operating system, or a test's memory.
package protocol LineSink: Sendable {
    /// Writes as many of the octets from `offset` on as go without waiting longer than `patience`.
    func write(_ bytes: [UInt8], from offset: Int, patience: Duration) -> LineWrite

    /// Opens the file anew by its path, after it was moved away; does nothing for streams.
    func reopen()

    /// True when a person reads along on a terminal.
    var isTerminal: Bool { get }
}

/// What became of a write.
package struct LineWrite: Sendable, Hashable {
    /// Octets that were taken, perhaps fewer than were given.
    package var count: Int
    /// The operating system's `errno` if it refused the rest; nil when it merely was not ready for more.
    package var failure: Int32?

    package init(count: Int, failure: Int32? = nil) {
        self.count = count
        self.failure = failure
    }
}
