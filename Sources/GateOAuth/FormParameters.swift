// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// `application/x-www-form-urlencoded` (WHATWG URL §5), strictly: broken escapes, invalid UTF-8 and repeated names are errors.
///
/// RFC 6749 §3.1: request parameters must not be included more than once.
public struct FormParameters: Sendable, Hashable {
    public enum ParseError: Error, Sendable, Hashable { case malformed, repeated(String), tooMany }

    /// More parameters than any request has.
    public static let maximumCount = 100

    public private(set) var items: [(name: String, value: String)]

    public init(_ items: [(name: String, value: String)] = []) { self.items = items }

    /// - Parameter mayRepeat: names that may stand more than once (RFC 8707 §2: `resource`).
    public init(parsing text: String, mayRepeat: Set<String> = []) throws(ParseError) {
        items = []
        for pair in text.split(separator: "&") {
            guard items.count < Self.maximumCount else { throw .tooMany }
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count > 1 ? parts[1] : "") else {
                throw .malformed
            }
            if self[name] != nil, !mayRepeat.contains(name) { throw .repeated(name) }
            items.append((name, value))
        }
    }

    public subscript(name: String) -> String? { items.first { $0.name.isExactly(name) }?.value }
    public func all(_ name: String) -> [String] { items.filter { $0.name.isExactly(name) }.map(\.value) }

    /// The value of a parameter; one without a value counts as left out (RFC 6749 §3.1).
    public func given(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    public mutating func append(_ name: String, _ value: String?) {
        if let value { items.append((name, value)) }
    }

    public var encoded: String {
        items.map { Self.encode($0.name) + "=" + Self.encode($0.value) }.joined(separator: "&")
    }

    public static func == (a: FormParameters, b: FormParameters) -> Bool {
        a.items.elementsEqual(b.items) { $0.name.isExactly($1.name) && $0.value.isExactly($1.value) }
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }

    /// Percent-encodes all but unreserved characters (RFC 3986 §2.3); a space becomes `%20`.
    public static func encode(_ text: String) -> String {
        var out: [UInt8] = []
        let hex = Array("0123456789ABCDEF".utf8)
        for octet in text.utf8 {
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(octet)
            default: out.append(contentsOf: [0x25, hex[Int(octet >> 4)], hex[Int(octet & 15)]])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Decodes `+` and percent escapes; nil for a broken escape or invalid UTF-8.
    public static func decode(_ text: some StringProtocol) -> String? {
        var out: [UInt8] = []
        var octets = Array(text.utf8)[...]
        while let octet = octets.popFirst() {
            switch octet {
            case 0x2B: out.append(0x20)
            case 0x25:
                guard let high = octets.popFirst().flatMap(hexValue), let low = octets.popFirst().flatMap(hexValue)
                else { return nil }
                out.append(high << 4 | low)
            default: out.append(octet)
            }
        }
        return String(validating: out, as: UTF8.self)
    }

    private static func hexValue(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 0x30...0x39: octet - 0x30
        case 0x41...0x46: octet - 0x37
        case 0x61...0x66: octet - 0x57
        default: nil
        }
    }
}
