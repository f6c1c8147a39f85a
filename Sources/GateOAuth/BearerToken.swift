// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The octets of a bearer token as it arrived (RFC 6750 §2.1); never printed.
public struct BearerToken: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    public let bytes: [UInt8]
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public var description: String { "<bearer token, \(bytes.count) bytes>" }
    public var debugDescription: String { description }
}
