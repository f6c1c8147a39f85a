// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateOAuth

/// Which scopes imply others: `admin` may include `write`, which includes `read` (MCP 2026-07-28, requirement SCP-04).
public struct ScopeHierarchy: Sendable, Hashable {
    private var implied: [String: [String]]

    /// - Parameter implied: for a scope, those that it directly includes.
    public init(_ implied: [String: [String]] = [:]) { self.implied = implied }

    /// The scope and everything that it includes, however deeply.
    public func expanding(_ scope: Scope) -> Scope {
        guard !implied.isEmpty else { return scope }
        var tokens = scope.tokens
        var next = 0
        while next < tokens.count {
            for token in implied[tokens[next]] ?? [] where !tokens.contains(token) { tokens.append(token) }
            next += 1
        }
        return Scope(tokens: tokens)
    }
}
