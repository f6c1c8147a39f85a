// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Walks a document, takes typed values out of it, and remembers what is wrong and where everything came from.
///
/// Reading never stops at a fault: the operator gets all of them at once.
struct DocumentReader {
    /// An object of the document with its path.
    struct Object {
        let path: String
        let members: [DocumentNode.Member]

        /// Nil when absent or null.
        subscript(name: String) -> DocumentNode? {
            members.first { $0.name == name && !$0.value.isNull }?.value
        }

        func path(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    }

    let file: String
    /// An error in our own document, a warning in Microsoft's, which may grow.
    let unknownKeys: ConfigDiagnostic.Severity
    private(set) var diagnostics: [ConfigDiagnostic] = []
    private(set) var origins: [String: SettingOrigin] = [:]

    init(file: String, unknownKeys: ConfigDiagnostic.Severity) {
        self.file = file
        self.unknownKeys = unknownKeys
    }

    mutating func report(
        _ severity: ConfigDiagnostic.Severity, _ path: String, at position: DocumentNode.Position, _ message: String,
        expected: String? = nil, suggestion: String? = nil
    ) {
        diagnostics.append(
            ConfigDiagnostic(
                severity, path, message, file: file, line: position.line, column: position.column, expected: expected,
                suggestion: suggestion))
    }

    private mutating func mark(_ path: String, _ node: DocumentNode) {
        guard !path.isEmpty else { return }
        origins[path] = .document(file: file, line: node.position.line, column: node.position.column)
    }

    private mutating func mismatch(_ node: DocumentNode, _ path: String, expected: String) {
        let found =
            switch node.content {
            case .scalar(let scalar) where scalar.text.utf8.count <= 40: "\"\(scalar.text)\" does not fit"
            default: "\(node.kind) does not fit"
            }
        report(.error, path, at: node.position, found, expected: expected)
    }

    // MARK: Objects and lists

    /// The node as an object. `keys` are the names it may have; nil for any.
    mutating func object(_ node: DocumentNode, at path: String, keys: [String]?) -> Object? {
        if node.isNull { return Object(path: path, members: []) }
        guard case .object(let members) = node.content else {
            mismatch(node, path, expected: "an object")
            return nil
        }
        mark(path, node)
        let object = Object(path: path, members: members)
        if let keys {
            for member in members where !keys.contains(member.name) {
                report(
                    unknownKeys, object.path(member.name), at: member.position, "unknown setting",
                    suggestion: NearestName.find(member.name, among: keys).map { "did you mean \($0)?" })
            }
        }
        return object
    }

    mutating func object(_ parent: Object?, _ name: String, keys: [String]?) -> Object? {
        guard let parent, let node = parent[name] else { return nil }
        return object(node, at: parent.path(name), keys: keys)
    }

    /// The elements of a list, with their paths.
    mutating func list(_ parent: Object?, _ name: String) -> [(path: String, node: DocumentNode)]? {
        guard let parent, let node = parent[name] else { return nil }
        let path = parent.path(name)
        guard case .list(let elements) = node.content else {
            mismatch(node, path, expected: "a list")
            return nil
        }
        mark(path, node)
        return elements.enumerated().map { ("\(path)[\($0.offset)]", $0.element) }
    }

    // MARK: Single values

    mutating func string(_ parent: Object?, _ name: String) -> String? {
        guard let parent, let node = parent[name] else { return nil }
        return string(node, at: parent.path(name))
    }

    mutating func string(_ node: DocumentNode, at path: String, expected: String = "text") -> String? {
        guard case .scalar(let scalar) = node.content, scalar.style != .literal else {
            mismatch(node, path, expected: expected)
            return nil
        }
        mark(path, node)
        return scalar.text
    }

    /// Nothing for an empty text, which templates leave behind.
    mutating func nonEmptyString(_ parent: Object?, _ name: String) -> String? {
        guard let text = string(parent, name), !text.isEmpty else { return nil }
        return text
    }

    /// A list of texts, or one text where `acceptsOne`; with a separator one text may hold several.
    mutating func strings(
        _ parent: Object?, _ name: String, acceptsOne: Bool = false, separator: Character? = nil
    ) -> [String]? {
        guard let parent, let node = parent[name] else { return nil }
        if acceptsOne, case .scalar = node.content {
            guard let text = string(node, at: parent.path(name)) else { return nil }
            guard let separator else { return [text] }
            return text.split(separator: separator).map(String.init)
        }
        return list(parent, name)?.compactMap { string($0.node, at: $0.path) }
    }

    /// A text for which `parse` knows a value.
    mutating func value<Value>(
        _ parent: Object?, _ name: String, expected: String, parse: (String) -> Value?
    ) -> Value? {
        guard let parent, let node = parent[name] else { return nil }
        let path = parent.path(name)
        guard case .scalar(let scalar) = node.content, let value = parse(scalar.text) else {
            mismatch(node, path, expected: expected)
            return nil
        }
        mark(path, node)
        return value
    }

    mutating func bool(_ parent: Object?, _ name: String) -> Bool? {
        guard let parent, let node = parent[name] else { return nil }
        guard case .scalar(let scalar) = node.content, scalar.style != .quoted,
            let value = ["true": true, "True": true, "false": false, "False": false][scalar.text]
        else {
            mismatch(node, parent.path(name), expected: "true or false")
            return nil
        }
        mark(parent.path(name), node)
        return value
    }

    mutating func integer(_ parent: Object?, _ name: String, in range: ClosedRange<Int>) -> Int? {
        value(parent, name, expected: "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func duration(_ parent: Object?, _ name: String) -> Duration? {
        value(parent, name, expected: "a duration, as in 250ms, 30s, 5m or 1h", parse: Quantities.duration)
    }

    mutating func size(_ parent: Object?, _ name: String) -> Int? {
        value(parent, name, expected: "a size, as in 32KiB or 4MiB, or a number of octets", parse: Quantities.size)
    }

    mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ parent: Object?, _ name: String, _ type: Value.Type
    ) -> Value? {
        let names = Value.allCases.map(\.rawValue)
        return value(parent, name, expected: names.joined(separator: ", ")) { text in
            names.first { $0.lowercased() == text.lowercased() }.flatMap(Value.init(rawValue:))
        }
    }
}
