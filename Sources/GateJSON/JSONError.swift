// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Why some octets are not acceptable JSON, and where.
///
/// The message names the rule, never the content: it may be shown to whoever sent the document.
public struct JSONError: Error, Sendable, Hashable {
    /// The kind of fault.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// The document breaks the grammar of RFC 8259 §2.
        public static let syntax = Code(description: "syntax")
        /// The document ends too early.
        public static let truncated = Code(description: "truncated")
        /// The octets are not UTF-8, or an escape names half a surrogate pair (RFC 8259 §8).
        public static let encoding = Code(description: "encoding")
        /// An object has two members of one name (RFC 8259 §4).
        public static let duplicateMember = Code(description: "duplicate member")
        /// Something follows the value.
        public static let trailingData = Code(description: "trailing data")
        /// One of ``JSONLimits`` was passed.
        public static let limit = Code(description: "limit")
    }

    public let code: Code
    /// Octets before the fault.
    public let offset: Int
    /// Line of the fault, counted from 1; lines end with LF.
    public let line: Int
    /// Column of the fault in Unicode scalars, counted from 1.
    public let column: Int
    /// What was wrong, in words.
    public let message: String

    init(_ code: Code, at offset: Int, in bytes: Span<UInt8>, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
        var line = 1
        var column = 1
        for index in 0..<min(offset, bytes.count) {
            if bytes[index] == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if bytes[index] & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String { "line \(line), column \(column): \(message)" }
}
