// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Yams

/// Reads a YAML document with the position of every value.
///
/// Bare words stay text until a setting says what it wants, so that `off`, `1e3` and `0.0.0.0:8080` mean what they say.
enum YAMLDocument {
    /// Octets of a document.
    static let largest = 1_024 * 1_024
    /// Values of a document with every alias spelled out: a few lines of aliases can stand for billions.
    private static let most = 65_536
    private static let deepest = 32
    /// Aliases. The parser spells them out where it compares names, which nothing here could stop: sixteen make at most a few hundred.
    private static let mostAliases = 16

    static func parse(_ bytes: [UInt8]) throws(DocumentError) -> DocumentNode {
        let start = DocumentNode.Position(line: 1, column: 1)
        guard bytes.count <= largest else { throw DocumentError(start, "larger than 1 MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw DocumentError(start, "not UTF-8") }
        try checkAliases(bytes)
        let root: Node?
        do {
            // Without rules for types: names are text, and the settings say what their values are.
            root = try Yams.compose(yaml: text, .basic)
        } catch {
            throw DocumentError(describing: error, in: text)
        }
        guard let root else { return DocumentNode(content: .object([]), position: start) }
        var left = most
        return try convert(root, depth: 0, left: &left, near: start)
    }

    /// Counts what may be an alias: a star before a name that stands after an ampersand somewhere. Names are letters, digits, `_` and `-`;
    /// of one that went on otherwise, its beginning would be counted.
    private static func checkAliases(_ bytes: [UInt8]) throws(DocumentError) {
        func name(after index: Int) -> ArraySlice<UInt8> {
            bytes[(index + 1)...].prefix { octet in
                switch octet {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
        }
        var anchors: Set<ArraySlice<UInt8>> = []
        for (index, octet) in bytes.enumerated() where octet == UInt8(ascii: "&") { anchors.insert(name(after: index)) }
        // A name has one letter at least.
        anchors.remove([])
        guard !anchors.isEmpty else { return }
        var position = DocumentNode.Position(line: 1, column: 1)
        var count = 0
        for (index, octet) in bytes.enumerated() {
            if octet == UInt8(ascii: "*"), anchors.contains(name(after: index)) {
                count += 1
                guard count <= mostAliases else {
                    throw DocumentError(position, "too many values, or aliases that multiply them")
                }
            }
            if octet == UInt8(ascii: "\n") {
                position = DocumentNode.Position(line: position.line + 1, column: 1)
            } else if octet & 0xC0 != 0x80 {
                position.column += 1
            }
        }
    }

    private static func convert(
        _ node: Node, depth: Int, left: inout Int, near: DocumentNode.Position
    ) throws(DocumentError) -> DocumentNode {
        let position = node.mark.map { DocumentNode.Position(line: $0.line, column: $0.column) } ?? near
        left -= 1
        guard left > 0 else { throw DocumentError(position, "too many values, or aliases that multiply them") }
        guard depth < deepest else { throw DocumentError(position, "nested more than \(deepest) deep") }
        switch node {
        case .scalar(let scalar):
            guard scalar.style == .plain else {
                return DocumentNode(content: .scalar(.init(text: scalar.string, style: .quoted)), position: position)
            }
            if ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
                return DocumentNode(content: .null, position: position)
            }
            return DocumentNode(content: .scalar(.init(text: scalar.string, style: .plain)), position: position)
        case .sequence(let sequence):
            var elements: [DocumentNode] = []
            for element in sequence {
                elements.append(try convert(element, depth: depth + 1, left: &left, near: position))
            }
            return DocumentNode(content: .list(elements), position: position)
        case .mapping(let mapping):
            var members: [DocumentNode.Member] = []
            for (key, value) in mapping {
                let place = key.mark.map { DocumentNode.Position(line: $0.line, column: $0.column) } ?? position
                guard case .scalar(let name) = key else { throw DocumentError(place, "a name must be plain text") }
                let child = try convert(value, depth: depth + 1, left: &left, near: place)
                members.append(.init(name: name.string, position: place, value: child))
            }
            return DocumentNode(content: .object(members), position: position)
        case .alias(let alias):
            throw DocumentError(position, "the alias \(alias.anchor) cannot be followed")
        }
    }
}

extension DocumentError {
    fileprivate init(describing error: any Error, in text: String) {
        let start = DocumentNode.Position(line: 1, column: 1)
        guard let error = error as? YamlError else {
            self.init(start, "not YAML")
            return
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let usesTabs = problem.contains("cannot start any token") && text.utf8.contains(UInt8(ascii: "\t"))
            self.init(
                .init(line: mark.line, column: mark.column), "not YAML: \(problem)",
                suggestion: usesTabs ? "YAML is indented with spaces, not with tabs" : nil)
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                .init(line: context.mark.line, column: context.mark.column),
                "named twice: \(duplicates.sorted().joined(separator: ", "))")
        case .reader(let problem, _, _, _):
            self.init(start, "not YAML: \(problem)")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self.init(start, "not YAML")
        }
    }
}
