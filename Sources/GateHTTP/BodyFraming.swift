// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// How a message body ends (RFC 9112 §6.3).
public enum BodyFraming: Sendable, Equatable {
    case none
    /// Exactly this many octets.
    case length(UInt64)
    case chunked
    /// Answers only: the body ends when the connection does.
    case untilClose
}
