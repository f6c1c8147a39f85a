// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// A numeric loopback address and a port: the only places the demo listens, since its passwords are printed on its pages.
package struct LoopbackAddress: Sendable, Hashable, CustomStringConvertible {
    /// `127.0.0.1`, `::1`, or another address of 127.0.0.0/8.
    package let host: String
    package let port: Int

    /// - Throws: ``DemoError`` when the address is not loopback or the port cannot be.
    package init(host: String, port: Int) throws(DemoError) {
        guard let numeric = Self.numericLoopback(host) else { throw DemoError(.notLoopback, address: host) }
        guard (1...65_535).contains(port) else { throw DemoError(.badPort, address: "\(host):\(port)") }
        self.host = numeric
        self.port = port
    }

    /// Reads `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080` or a port alone.
    package init(parsing text: String) throws(DemoError) {
        if let port = Int(text) {
            try self.init(host: "127.0.0.1", port: port)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else {
            throw DemoError(.badPort, address: text)
        }
        try self.init(host: String(text[..<colon]), port: port)
    }

    /// The same host, some ports further on.
    package func advanced(by ports: Int) throws(DemoError) -> LoopbackAddress {
        try LoopbackAddress(host: host, port: port + ports)
    }

    /// `host:port`, an IPv6 address in brackets.
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var origin: String { "http://" + authority }

    package var description: String { authority }

    /// Whether a `Host` field or a URL's authority names this machine's loopback, whatever the port.
    static func isLoopback(authority: String) -> Bool { (try? HTTPURL("http://" + authority))?.isLoopback == true }

    private static func numericLoopback(_ host: String) -> String? {
        switch host.lowercased() {
        case "localhost": return "127.0.0.1"
        case "::1", "[::1]": return "::1"
        default: break
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "127" else { return nil }
        let isCanonical = parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
        return isCanonical ? host : nil
    }
}

/// Why the demo does not start.
package struct DemoError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable { case notLoopback, badPort, addressUnavailable }

    package var code: Code
    package var address: String
    /// The operating system's reason, when there is one.
    package var cause: String?

    package init(_ code: Code, address: String, cause: String? = nil) {
        self.code = code
        self.address = address
        self.cause = cause
    }

    package var description: String {
        switch code {
        case .notLoopback:
            "the demo listens on loopback only (127.0.0.1, ::1 or localhost), not on '\(address)': "
                + "its users' passwords are printed on its sign-in page"
        case .badPort: "'\(address)' has no port between 1 and 65535"
        case .addressUnavailable:
            "cannot listen on \(address)\(cause.map { " (\($0))" } ?? ""): choose another port with --listen"
        }
    }
}
