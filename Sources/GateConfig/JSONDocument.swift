// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// Reads a JSON document with the position of every value (RFC 8259, as strictly as tokens are read).
struct JSONDocument {
    private let bytes: [UInt8]
    private var scanner = JSONScanner()
    /// Up to where line and column have been counted.
    private var counted = 0
    private var line = 1
    private var column = 1

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func parse(_ bytes: [UInt8]) throws(DocumentError) -> DocumentNode {
        var document = JSONDocument(bytes)
        do throws(JSONError) {
            let root = try document.value(at: try document.next())
            // The end is a token too: anything else after the value throws.
            _ = try document.next()
            return root
        } catch {
            throw DocumentError(.init(line: error.line, column: error.column), "not JSON: \(error.message)")
        }
    }

    private mutating func next() throws(JSONError) -> JSONScanner.Token {
        let bytes = bytes
        return try scanner.next(in: bytes.span)
    }

    private mutating func value(at token: JSONScanner.Token) throws(JSONError) -> DocumentNode {
        let position = position(of: token)
        switch token.kind {
        case .beginObject:
            var members: [DocumentNode.Member] = []
            while true {
                let name = try next()
                guard name.kind == .name else { break }
                let text = scanner.decodeString(name, in: bytes.span)
                let place = self.position(of: name)
                members.append(.init(name: text, position: place, value: try value(at: try next())))
            }
            return DocumentNode(content: .object(members), position: position)
        case .beginArray:
            var elements: [DocumentNode] = []
            while true {
                let element = try next()
                guard element.kind != .endArray else { break }
                elements.append(try value(at: element))
            }
            return DocumentNode(content: .list(elements), position: position)
        case .string:
            let text = scanner.decodeString(token, in: bytes.span)
            return DocumentNode(content: .scalar(.init(text: text, style: .quoted)), position: position)
        case .number, .true, .false:
            let text = String(decoding: bytes[token.range], as: UTF8.self)
            return DocumentNode(content: .scalar(.init(text: text, style: .literal)), position: position)
        case .null, .endObject, .endArray, .name, .end:
            // Only null can stand here: the scanner has checked the grammar.
            return DocumentNode(content: .null, position: position)
        }
    }

    /// Tokens come in the order of the document, so that every octet is counted once.
    private mutating func position(of token: JSONScanner.Token) -> DocumentNode.Position {
        let isQuoted = token.kind == .string || token.kind == .name
        let start = token.range.lowerBound - (isQuoted ? 1 : 0)
        while counted < start {
            if bytes[counted] == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if bytes[counted] & 0xC0 != 0x80 {
                column += 1
            }
            counted += 1
        }
        return DocumentNode.Position(line: line, column: column)
    }
}
