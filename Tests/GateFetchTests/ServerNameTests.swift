// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import Testing

@Suite("Names in certificates")
struct ServerNameTests {
    @Test(
        "a certificate's name is the upstream's, or has a wildcard for its whole first label (RFC 9525 §6.3)",
        arguments: [
            ("mcp.example.com", "mcp.example.com", true), ("mcp.example.com", "MCP.Example.com", true),
            ("mcp.example.com.", "mcp.example.com", true), ("mcp.example.com", "*.example.com", true),
            ("mcp.example.com", "*.com", false), ("example.com", "*.com", false),
            ("a.b.example.com", "*.example.com", false),
            ("mcp.example.com", "m*.example.com", false), ("mcp.example.com", "*", false),
            ("mcp.example.com", "mcp.example.com.evil.org", false), ("mcp.example.com", "", false),
            ("mcp.example.com", "127.0.0.1", false), ("localhost", "localhost", true), ("localhost", "*", false),
        ])
    func match(name: String, presented: String, expected: Bool) {
        #expect(ServerName(name).matches(presented.utf8) == expected)
    }
}
