// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// How much JSON is read before giving up.
///
/// Limits are part of parsing, not an afterthought: a document that is too deep or too wide is refused before memory is
/// spent on it.
public struct JSONLimits: Sendable, Hashable {
    /// Octets in the whole document.
    public var bytes: Int
    /// Containers open at one time; at most ``deepest``.
    public var depth: Int
    /// Members of one object.
    public var members: Int
    /// Elements of one array.
    public var elements: Int

    public init(bytes: Int, depth: Int = 32, members: Int = 16_384, elements: Int = 65_536) {
        self.bytes = bytes
        self.depth = min(depth, Self.deepest)
        self.members = members
        self.elements = elements
    }

    /// The deepest nesting any reader accepts, whatever it is configured to.
    public static let deepest = 256

    /// A token's header or payload: 16 KiB, 32 deep.
    public static let token = JSONLimits(bytes: 16 * 1_024, members: 1_024, elements: 4_096)

    /// A document fetched from a provider or read from disk: 1 MiB, 32 deep.
    public static let document = JSONLimits(bytes: 1_024 * 1_024)
}
