// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A set of scope tokens (RFC 6749 §3.3) that remembers the order they were given in.
///
/// Tokens are compared exactly: `mcp.readonly` does not satisfy `mcp.read`. What is no scope token (RFC 6749 §3.3: visible ASCII
/// without `"` and `\`) is dropped, so that it can neither satisfy a requirement nor reach a header.
public struct Scope: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// The tokens, first occurrence first, without duplicates.
    public private(set) var tokens: [String]

    /// Asks for a refresh token (OpenID Connect Core §11): the authorization server's business, never a resource's.
    public static let offlineAccess = "offline_access"

    public init(tokens: some Sequence<String> = []) {
        self.tokens = []
        var seen: Set<String> = []
        for token in tokens where Self.isToken(token) && seen.insert(token).inserted { self.tokens.append(token) }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    }

    public init(arrayLiteral elements: String...) { self.init(tokens: elements) }

    /// Reads the space-delimited form; empty items are dropped.
    public init(parsing text: String) {
        self.init(tokens: text.split(separator: " ").map(String.init))
    }

    public var isEmpty: Bool { tokens.isEmpty }
    public func contains(_ token: String) -> Bool { tokens.contains(token) }
    public func isSuperset(of other: Scope) -> Bool { other.tokens.allSatisfy { tokens.contains($0) } }
    /// These tokens first, then the other's new ones.
    public func union(_ other: Scope) -> Scope { Scope(tokens: tokens + other.tokens) }
    public func subtracting(_ other: Scope) -> Scope { Scope(tokens: tokens.filter { !other.contains($0) }) }

    /// The space-delimited form of RFC 6749 §3.3.
    public var formatted: String { tokens.joined(separator: " ") }

    /// Two scopes are equal when they hold the same tokens, in whatever order.
    public static func == (a: Scope, b: Scope) -> Bool { Set(a.tokens) == Set(b.tokens) }
    public func hash(into hasher: inout Hasher) { hasher.combine(Set(tokens)) }
}
