// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateHTTP
import GateOAuth

/// Which `Host` values are served (MCP transports, DNS rebinding; requirement TRL-10, CVE-2025-64443).
///
/// A rebinding page can only send a name that its author controls. So the configured names pass, and so do `localhost`, loopback
/// addresses and the address that the connection came to; anything else is 421 (RFC 9110 §15.5.20). No address that the gate sends
/// out is ever built from `Host`.
package struct HostPolicy: Sendable {
    /// Names that stand alone: any port.
    private let names: [String]
    /// `name:port`, compared as a whole.
    private let authorities: [String]
    private let allowsAll: Bool

    /// - Parameter hosts: `name`, `name:port`, an address as it stands in `Host`, or `*` for any.
    package init(hosts: [String]) {
        var names: [String] = []
        var authorities: [String] = []
        for host in hosts {
            let host = host.lowercased()
            // An IPv6 address stands in brackets in a Host field, but not in a URL that was taken apart.
            let colons = host.utf8.count { $0 == UInt8(ascii: ":") }
            if colons > 1, !host.hasPrefix("[") {
                names.append("[\(host)]")
            } else if colons == 1 || host.contains("]:") {
                authorities.append(host)
            } else {
                names.append(host)
            }
        }
        self.names = names
        self.authorities = authorities
        allowsAll = hosts.contains("*")
    }

    package func allows(_ bytes: Span<UInt8>, _ host: Range<Int>, on connection: ConnectionFacts) -> Bool {
        let name = host.lowerBound..<nameEnd(bytes, host)
        for known in names where bytes.equalsIgnoringCase(known, at: name) { return true }
        for known in authorities where bytes.equalsIgnoringCase(known, at: host) { return true }
        if allowsAll || bytes.equalsIgnoringCase("localhost", at: name) { return true }
        return isOwnAddress(bytes, name, connection)
    }

    /// Where the port begins, if there is one; the scanner has checked the syntax.
    private func nameEnd(_ bytes: Span<UInt8>, _ host: Range<Int>) -> Int {
        let isBracketed = !host.isEmpty && bytes[host.lowerBound] == UInt8(ascii: "[")
        for i in host where bytes[i] == UInt8(ascii: isBracketed ? "]" : ":") { return isBracketed ? i + 1 : i }
        return host.upperBound
    }

    private func isOwnAddress(_ bytes: Span<UInt8>, _ name: Range<Int>, _ connection: ConnectionFacts) -> Bool {
        let isBracketed = name.count > 2 && bytes[name.lowerBound] == UInt8(ascii: "[")
        let address = isBracketed ? (name.lowerBound + 1)..<(name.upperBound - 1) : name
        // Nearly always it is written as we write it; only other spellings are taken apart.
        if let local = connection.localAddress, bytes.equals(local, at: address) { return true }
        guard let address = IPAddress(bytes.text(at: address)) else { return false }
        if AddressClassifier.classify(address) == .loopback { return true }
        guard let local = connection.localAddress else { return true }
        return IPAddress(local) == address
    }
}
