// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Foundation
package import GateJSON

/// Third-party test vectors that live beside the repository, one JSON object a line.
///
/// They are not part of the repository. A test asks ``isPresent(_:)`` in its trait, so that it is skipped, visibly,
/// where they are absent:
///
/// ```swift
/// @Test("…", .enabled(if: Corpora.isPresent("json_parsing"), "the shared vectors are absent"))
/// ```
package enum Corpora {
    /// One line of a corpus.
    package struct Vector: Sendable {
        /// Whether the thing is to be accepted; `info` is not scored.
        package enum Expectation: String, Sendable {
            case accept, reject, rejectOrNormalise = "reject-or-normalise", info
        }

        package let id: String
        package let expected: Expectation
        package let why: String
        /// The whole line.
        package let object: JSONObject

        package func string(_ name: String) -> String? { object[name]?.string }

        /// The octets of a member in Base 64.
        package func base64(_ name: String) -> [UInt8]? { string(name).flatMap { Base64.decode($0) } }

        /// The octets of a member in hexadecimal.
        package func hex(_ name: String) -> [UInt8]? {
            guard let digits = string(name).map({ Array($0.utf8) }), digits.count.isMultiple(of: 2) else { return nil }
            return stride(from: 0, to: digits.count, by: 2).map { index in
                UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) ?? 0
            }
        }
    }

    /// Where the vectors are, relative to the package root.
    private static var directory: String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return root.appending(path: "../shared/corpora").standardizedFileURL.path
    }

    /// Whether `NAME.jsonl` is there.
    package static func isPresent(_ name: String) -> Bool {
        FileManager.default.isReadableFile(atPath: "\(directory)/\(name).jsonl")
    }

    /// The vectors of `NAME.jsonl`; none when the file is absent.
    package static func vectors(_ name: String) throws -> [Vector] {
        guard let data = FileManager.default.contents(atPath: "\(directory)/\(name).jsonl") else { return [] }
        return try data.split(separator: 0x0A).map { line in
            let object = try JSONValue.parse([UInt8](line), limits: JSONLimits(bytes: 16 << 20)).object ?? [:]
            return Vector(
                id: object["id"]?.string ?? "?",
                expected: object["expected"]?.string.flatMap(Vector.Expectation.init) ?? .info,
                why: object["why"]?.string ?? "",
                object: object
            )
        }
    }
}
