// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// How large a message head may be (defence D21).
public struct HeadLimits: Sendable, Hashable {
    /// Octets of the whole head with its final empty line.
    public var headBytes: Int
    /// Field lines.
    public var fieldCount: Int
    /// Octets of one line without its CRLF.
    public var lineBytes: Int
    /// Octets of the request target.
    public var targetBytes: Int

    public init(headBytes: Int = 32 * 1024, fieldCount: Int = 100, lineBytes: Int = 8 * 1024, targetBytes: Int = 8_000)
    {
        self.headBytes = headBytes
        self.fieldCount = fieldCount
        self.lineBytes = lineBytes
        self.targetBytes = targetBytes
    }
}
