// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Writes JSON into a byte array as it comes.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.beginObject()
/// writer.name("status")
/// writer.int(200)
/// writer.endObject()
/// ```
///
/// Commas and colons are put in by the writer. It does not check that the calls are balanced nor that names differ.
public struct JSONWriter: Sendable {
    public var bytes: [UInt8]
    private let pretty: Bool
    private var needsComma = false
    private var followsName = false
    private var depth = 0

    public init(pretty: Bool = false, reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
        self.pretty = pretty
    }

    /// Forgets what was written but keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
        followsName = false
        depth = 0
    }

    public mutating func beginObject() { begin(UInt8(ascii: "{")) }
    public mutating func endObject() { end(UInt8(ascii: "}")) }
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    public mutating func name(_ name: String) {
        separate()
        appendString(name)
        bytes.append(UInt8(ascii: ":"))
        if pretty { bytes.append(0x20) }
        followsName = true
    }

    public mutating func string(_ value: String) {
        separateElement()
        appendString(value)
    }

    /// Writes octets as a string; ill-formed UTF-8 becomes U+FFFD.
    public mutating func string(utf8 value: Span<UInt8>) {
        string(String(utf8: value))
    }

    public mutating func int(_ value: some BinaryInteger) {
        separateElement()
        appendDecimal(Int64(clamping: value))
    }

    /// Writes a finite number, and `null` for anything else.
    public mutating func double(_ value: Double) {
        guard let number = JSONNumber(value) else { return null() }
        self.number(number)
    }

    public mutating func number(_ value: JSONNumber) {
        separateElement()
        bytes.append(contentsOf: value.text.utf8)
    }

    public mutating func bool(_ value: Bool) {
        separateElement()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    public mutating func null() {
        separateElement()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes octets that already are one JSON value.
    public mutating func raw(_ value: some Sequence<UInt8>) {
        separateElement()
        bytes.append(contentsOf: value)
    }

    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                name(member.name)
                self.value(member.value)
            }
            endObject()
        }
    }

    /// Appends a quoted string and nothing else: no comma, no indentation.
    public mutating func appendString(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        // Nearly every string needs no escape: append it whole, look at it afterwards.
        let start = bytes.count
        bytes.append(contentsOf: value.utf8)
        if !Self.isPlain(bytes.span, from: start) {
            bytes.removeLast(bytes.count - start)
            for byte in value.utf8 { appendEscaped(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSONWriter {
    public mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    public mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    public mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        int(value)
    }

    private static func isPlain(_ bytes: Span<UInt8>, from start: Int) -> Bool {
        for index in start..<bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
        }
        return true
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0..<0x20:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            bytes.append(byte & 0xF < 10 ? 0x30 + byte & 0xF : 0x61 + byte & 0xF - 10)
        default: bytes.append(byte)
        }
    }

    private mutating func appendDecimal(_ value: Int64) {
        guard value < 0 || value > 9 else { return bytes.append(0x30 + UInt8(value)) }
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = value.magnitude
        while rest > 0 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    /// What stands before a name, or before a value inside an array.
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        if pretty, depth > 0 { newLine() }
        needsComma = true
    }

    private mutating func separateElement() {
        if followsName {
            followsName = false
        } else {
            separate()
        }
    }

    private mutating func begin(_ bracket: UInt8) {
        separateElement()
        bytes.append(bracket)
        depth += 1
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        depth -= 1
        if pretty, needsComma { newLine() }
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func newLine() {
        bytes.append(0x0A)
        for _ in 0..<depth { bytes.append(contentsOf: "  ".utf8) }
    }
}
