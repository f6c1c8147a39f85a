// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateHTTP
package import GateOAuth

/// The forwarding fields that go to the upstream, and whose are believed (defence D16).
///
/// The list of trusted proxies is empty unless configured; a stranger's fields are dropped. Scheme and host are those of the public
/// URL, whatever was asked.
package struct ForwardingFields: Sendable {
    private let trusted: [IPNetwork]
    private let constantLines: [UInt8]

    package init(trusted: [IPNetwork], publicURL: HTTPURL) {
        self.trusted = trusted
        var lines: [UInt8] = []
        lines.append(field: "X-Forwarded-Proto", publicURL.scheme.rawValue)
        lines.append(field: "X-Forwarded-Host", publicURL.authority)
        constantLines = lines
    }

    func isTrusted(_ address: String) -> Bool {
        guard !trusted.isEmpty, let address = IPAddress(address) else { return false }
        return trusted.contains { $0.contains(address) }
    }

    /// The client's address: the last one in a trusted proxy's `X-Forwarded-For` that is not itself a trusted proxy.
    func clientAddress(_ head: RequestHead, _ bytes: Span<UInt8>, peer: String) -> String {
        guard isTrusted(peer) else { return peer }
        var addresses: [String] = []
        for field in head.fields where field.id == .xForwardedFor {
            addresses += bytes.text(at: field.value).split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        }
        for address in addresses.reversed() {
            guard IPAddress(address) != nil else { return peer }
            if !isTrusted(address) { return address }
        }
        return addresses.first ?? peer
    }

    /// True when the client's own connection was protected: to us, or to a trusted proxy that says so.
    func isSecure(_ head: RequestHead, _ bytes: Span<UInt8>, on connection: ConnectionFacts) -> Bool {
        if connection.isTLS { return true }
        guard isTrusted(connection.remoteAddress) else { return false }
        var isSecure = false
        for field in head.fields where field.id == .xForwardedProto {
            // With several values, or several fields, all must agree.
            guard bytes.equalsIgnoringCase("https", at: field.value) else { return false }
            isSecure = true
        }
        return isSecure
    }

    /// Appends what the upstream is told of the client.
    func append(client: String, to lines: inout [UInt8]) {
        lines.append(field: "X-Forwarded-For", client)
        lines.append(contentsOf: constantLines)
    }
}
