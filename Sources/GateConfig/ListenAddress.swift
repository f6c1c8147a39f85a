// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

/// A `host:port` to listen on; IPv6 addresses in brackets.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// Without brackets.
    package let host: String
    /// 0 for any free one.
    package let port: Int

    static let expected = "host:port, as in 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080"

    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), port <= 65_535 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard ConfigurationFiles.addressWidth(String(host)) == 128 else { return nil }
        } else {
            let isName = host.utf8.allSatisfy { octet in
                (0x30...0x39).contains(octet) || (0x61...0x7A).contains(octet | 0x20) || octet == 0x2D || octet == 0x2E
                    || octet == 0x5F
            }
            guard isName, !host.isEmpty else { return nil }
        }
        self.host = String(host)
        self.port = port
    }

    /// By its text alone.
    package var isLoopback: Bool { HTTPURL.isLoopback(host: host) }
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
