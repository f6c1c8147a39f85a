// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A page of the documentation, as far as tests look into it.
struct MarkdownPage {
    /// A row of a table, with the heading that it stands below.
    struct Row {
        var heading: String
        /// Cells without the white space around them.
        var cells: [String]

        /// What stands between backticks in a cell.
        func code(in column: Int) -> [String] {
            guard cells.indices.contains(column) else { return [] }
            return cells[column].split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
    }

    /// A fenced block: its language and its text.
    struct Block {
        var language: String
        var text: String
    }

    private(set) var rows: [Row] = []
    private(set) var blocks: [Block] = []

    init(_ text: String) {
        var heading = ""
        var block: Block?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let done = block { blocks.append(done) }
                block = block == nil ? Block(language: String(line.dropFirst(3)), text: "") : nil
            } else if block != nil {
                block?.text += line + "\n"
            } else if line.hasPrefix("#") {
                heading = String(line.drop { $0 == "#" || $0 == " " })
            } else if line.hasPrefix("|"), !line.hasPrefix("|---") {
                let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                rows.append(Row(heading: heading, cells: cells.map { String($0.trimming(" ")) }))
            }
        }
    }
}

extension Substring {
    func trimming(_ character: Character) -> Substring {
        var text = drop { $0 == character }
        while text.last == character { text.removeLast() }
        return text
    }
}
