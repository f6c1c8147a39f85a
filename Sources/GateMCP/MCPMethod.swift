// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What the gate knows of MCP's methods: which member of `params` names the thing that a request is about.
public enum MCPMethod {
    /// A member of `params` whose value is a tool, a prompt or a resource.
    public enum TargetMember: Sendable, Hashable { case name, uri }

    /// The member that decides for a method; nil for methods that are about nothing in particular, or that we do not know.
    public static func targetMember(of method: String) -> TargetMember? {
        switch method {
        case "tools/call", "prompts/get": .name
        case "resources/read", "resources/subscribe", "resources/unsubscribe": .uri
        default: nil
        }
    }

    /// Whether `Mcp-Name` mirrors the target (MCP 2026-07-28, Streamable HTTP, "Standard Request Headers").
    ///
    /// Other methods may carry the field for a member of their own; what it must equal is known to their server only.
    public static func mirrorsTarget(_ method: String) -> Bool {
        switch method {
        case "tools/call", "prompts/get", "resources/read": true
        default: false
        }
    }
}
