// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A client secret or key: never printed, compared in constant time.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    public init(_ text: String) { self.text = text }

    /// The secret itself; name this only where it is sent to whom it belongs.
    public var revealed: String { text }
    public var isEmpty: Bool { text.isEmpty }
    public var description: String { "<secret>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    public static func == (a: Secret, b: Secret) -> Bool {
        let (first, second) = (Array(a.text.utf8), Array(b.text.utf8))
        guard first.count == second.count else { return false }
        var difference: UInt8 = 0
        for i in first.indices { difference |= first[i] ^ second[i] }
        return difference == 0
    }
}
