// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateOAuth

/// Which pages may call (MCP transports, "Origin"; Fetch): one list for the Origin check and for CORS (requirement COR-08).
package struct CORSPolicy: Sendable {
    private let origins: [String]
    private let allowsLoopback: Bool

    /// - Parameters:
    ///   - origins: serialised origins, compared exactly.
    ///   - allowsLoopback: pages served from this machine may call: sensible when the gate itself is on this machine.
    package init(origins: [String], allowsLoopback: Bool) {
        self.origins = origins
        self.allowsLoopback = allowsLoopback
    }

    package func allows(_ origin: String) -> Bool {
        if origins.contains(where: { $0.utf8.elementsEqual(origin.utf8) }) { return true }
        guard allowsLoopback, let url = try? HTTPURL(origin), url.path.isEmpty, url.query == nil else { return false }
        return url.isLoopback
    }

    private static let exposed = "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, Retry-After, X-Request-Id"

    /// For an answer to an allowed page; never with credentials, since the credential is a header (requirement COR-04).
    static func answerFields(origin: String?) -> [(name: String, value: String)] {
        guard let origin else { return [] }
        return [
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", exposed), ("Vary", "Origin"),
        ]
    }

    static func appendAnswerLines(origin: String, to lines: inout [UInt8]) {
        for (name, value) in answerFields(origin: origin) {
            lines.append(ascii: name)
            lines.append(ascii: ": ")
            lines.append(ascii: value)
            lines.append(ascii: "\r\n")
        }
    }

    /// The answer to a preflight; `*` never covers `Authorization`, so the names are listed (requirement COR-02).
    static func preflight(origin: String, requestedFields: String?, methods: String = "GET, POST, DELETE, OPTIONS")
        -> LocalResponse
    {
        var allowed = [
            "Authorization", "Content-Type", "Accept", "MCP-Protocol-Version", "Mcp-Session-Id", "Last-Event-ID",
            "Mcp-Method",
            "Mcp-Name", "traceparent", "tracestate",
        ]
        for name in (requestedFields ?? "").split(separator: ",").prefix(32) {
            let name = name.drop { $0 == " " }.lowercased()
            if name.hasPrefix("mcp-param-"), name.utf8.allSatisfy({ $0 == 0x2D || (0x30...0x7A).contains($0) }) {
                allowed.append(name)
            }
        }
        return LocalResponse(
            status: 204,
            fields: [
                ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Methods", methods),
                ("Access-Control-Allow-Headers", allowed.joined(separator: ", ")), ("Access-Control-Max-Age", "600"),
                ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
            ])
    }
}
