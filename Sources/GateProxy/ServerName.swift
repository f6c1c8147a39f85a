// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The name that an upstream's certificate must be for (RFC 9525 §6.3).
struct ServerName: Sendable {
    private let labels: [Substring]

    init(_ name: String) {
        let lowercased = name.lowercased()
        labels = (lowercased.hasSuffix(".") ? lowercased.dropLast() : lowercased[...])
            .split(separator: ".", omittingEmptySubsequences: false)
    }

    /// Whether a name of a certificate is this one; `*` stands for the whole first label of at least three.
    func matches(_ presented: some Sequence<UInt8>) -> Bool {
        let text = String(decoding: Array(presented), as: UTF8.self).lowercased()
        let others = text.split(separator: ".", omittingEmptySubsequences: false)
        guard others.count == labels.count, others.dropFirst() == labels.dropFirst() else { return false }
        if others[0] == "*" { return labels.count >= 3 && !labels[0].isEmpty }
        return others[0] == labels[0]
    }
}
