// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// An index over the octets of one HTTP/1.1 request head (RFC 9112 §2.1): where each part stands, not the parts themselves.
///
/// Filled by ``RequestHeadScanner`` in one pass; every offset counts from the head's first octet and is only meaningful
/// together with those octets. The storage of `fields` is reused from request to request.
public struct RequestHead: Sendable {
    /// One field line: `name: value CRLF`.
    public struct Field: Sendable, Equatable {
        public var id: FieldID
        public var nameStart: UInt32
        public var nameEnd: UInt32
        /// The value without surrounding white space.
        public var valueStart: UInt32
        public var valueEnd: UInt32
        /// One past the line's CRLF; the line begins at `nameStart`.
        public var lineEnd: UInt32

        public init(id: FieldID, name: Range<Int>, value: Range<Int>, lineEnd: Int) {
            self.id = id
            nameStart = UInt32(truncatingIfNeeded: name.lowerBound)
            nameEnd = UInt32(truncatingIfNeeded: name.upperBound)
            valueStart = UInt32(truncatingIfNeeded: value.lowerBound)
            valueEnd = UInt32(truncatingIfNeeded: value.upperBound)
            self.lineEnd = UInt32(truncatingIfNeeded: lineEnd)
        }

        public var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        public var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
        public var line: Range<Int> { Int(nameStart)..<Int(lineEnd) }
    }

    public enum Version: Sendable { case http10, http11 }

    public var method: HTTPMethod = .other
    public var methodRange: Range<Int> = 0..<0
    /// The request target as received; always origin-form (`/…`) or `*`, since absolute-form is reduced by the scanner.
    public var targetRange: Range<Int> = 0..<0
    /// The target's path without its query.
    public var pathRange: Range<Int> = 0..<0
    public var version: Version = .http11
    public var fields: [Field] = []
    /// How the request body ends.
    public var framing: BodyFraming = .none
    /// False after `Connection: close`, or HTTP/1.0 without `keep-alive`.
    public var keepsAlive = true
    /// `Expect: 100-continue` was sent.
    public var expectsContinue = false
    /// A WebSocket handshake asks to upgrade: `GET` in HTTP/1.1 without body, `Connection: upgrade`, `Upgrade: websocket`.
    public var requestsUpgrade = false
    /// Octets of the whole head with its final empty line.
    public var headBytes = 0

    public init() { fields.reserveCapacity(32) }

    /// The only field with this id, or nil when absent. The scanner refuses duplicates of singleton fields.
    public func first(_ id: FieldID) -> Field? {
        for field in fields where field.id == id { return field }
        return nil
    }

    /// How many lines have this id.
    public func count(_ id: FieldID) -> Int {
        var count = 0
        for field in fields where field.id == id { count += 1 }
        return count
    }
}
