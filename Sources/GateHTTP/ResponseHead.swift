// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// An index over the octets of one HTTP/1.1 answer head from an upstream (RFC 9112 §4); the counterpart of ``RequestHead``.
public struct ResponseHead: Sendable {
    public var status = 0
    public var version: RequestHead.Version = .http11
    public var reasonRange: Range<Int> = 0..<0
    public var fields: [RequestHead.Field] = []
    /// How the body ends, once the request's method and the status have been taken into account.
    public var framing: BodyFraming = .none
    /// Whether the upstream connection may carry another exchange.
    public var keepsAlive = true
    /// `Content-Type: text/event-stream`.
    public var isEventStream = false
    public var headBytes = 0
    /// A sound `Content-Length`, also where no body follows (an answer to HEAD, 304); nil where none may stand.
    public var declaredLength: UInt64?

    public init() { fields.reserveCapacity(32) }

    /// True for 1xx other than 101.
    public var isInterim: Bool { (100..<200).contains(status) && status != 101 }

    public func first(_ id: FieldID) -> RequestHead.Field? {
        for field in fields where field.id == id { return field }
        return nil
    }
}
