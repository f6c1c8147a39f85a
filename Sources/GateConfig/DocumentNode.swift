// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A piece of a configuration document, and where it stands; the same for JSON and YAML.
struct DocumentNode: Sendable {
    struct Position: Sendable, Hashable {
        /// Counted from 1.
        var line: Int
        /// In Unicode scalars, counted from 1.
        var column: Int
    }

    struct Scalar: Sendable {
        /// Without quotes and escapes.
        var text: String
        var style: Style

        enum Style: Sendable {
            /// Certainly text.
            case quoted
            /// YAML's bare words: text, a number or a truth value, whichever is asked for.
            case plain
            /// JSON's numbers and truth values: certainly no text.
            case literal
        }
    }

    struct Member: Sendable {
        var name: String
        /// Where the name stands.
        var position: Position
        var value: DocumentNode
    }

    enum Content: Sendable {
        /// As good as absent.
        case null
        case scalar(Scalar)
        case list([DocumentNode])
        case object([Member])
    }

    var content: Content
    var position: Position

    var isNull: Bool {
        if case .null = content { true } else { false }
    }

    /// What the document's author would call it.
    var kind: String {
        switch content {
        case .null: "nothing"
        case .scalar: "a single value"
        case .list: "a list"
        case .object: "an object"
        }
    }
}

/// Why a document could not be read at all.
struct DocumentError: Error, Sendable {
    var position: DocumentNode.Position
    var message: String
    var suggestion: String?

    init(_ position: DocumentNode.Position, _ message: String, suggestion: String? = nil) {
        self.position = position
        self.message = message
        self.suggestion = suggestion
    }
}
