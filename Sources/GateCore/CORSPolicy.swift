// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateOAuth

/// Which pages may call (MCP transports, "Origin"; Fetch): one list for the Origin check and for CORS (requirement COR-08).
package struct CORSPolicy: Sendable {
    private let origins: [String]
    private let allowsLoopback: Bool
    private let allowsAll: Bool

    /// - Parameters:
    ///   - origins: serialised origins, compared exactly, or `*` for all.
    ///   - allowsLoopback: pages served from this machine may call: sensible when the gate itself is on this machine.
    package init(origins: [String], allowsLoopback: Bool) {
        self.origins = origins
        self.allowsLoopback = allowsLoopback
        allowsAll = origins.contains("*")
    }

    package func allows(_ origin: String) -> Bool {
        if allowsAll || origins.contains(where: { $0.utf8.elementsEqual(origin.utf8) }) { return true }
        guard allowsLoopback else { return false }
        do throws(HTTPURL.ParseError) {
            let url = try HTTPURL(origin)
            return url.path.isEmpty && url.query == nil && url.isLoopback
        } catch {
            return false
        }
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
        for (name, value) in answerFields(origin: origin) { lines.append(field: name, value) }
    }

    /// What a page may send to an MCP server; `*` never covers `Authorization`, so the names are listed (requirement COR-02).
    private static let requestFields = [
        "Authorization", "Content-Type", "Accept", "MCP-Protocol-Version", "Mcp-Session-Id", "Last-Event-ID",
        "Mcp-Method", "Mcp-Name", "traceparent", "tracestate",
    ]

    /// The answer to a preflight.
    ///
    /// - Parameter requestedFields: `Access-Control-Request-Headers`; of its names only `Mcp-Param-…` are added to the known ones.
    static func preflight(
        origin: String, requestedFields: String?, methods: String = "GET, POST, DELETE, OPTIONS"
    ) -> LocalResponse {
        var allowed = requestFields
        for name in (requestedFields ?? "").split(separator: ",").prefix(32) {
            let name = name.filter { $0 != " " && $0 != "\t" }.lowercased()
            if name.hasPrefix("mcp-param-"), name.utf8.count <= 128, name.utf8.allSatisfy(isNameOctet) {
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

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: "-") || (0x30...0x39).contains(octet) || (0x61...0x7A).contains(octet)
    }
}

extension [UInt8] {
    /// Appends one field line; the value must be free of CR and LF.
    mutating func append(field name: String, _ value: String) {
        append(ascii: name)
        append(ascii: ": ")
        append(ascii: value)
        append(ascii: "\r\n")
    }
}
