// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateOAuth

/// Which `Host` values are served (MCP transports, DNS rebinding; requirement TRL-10).
///
/// A rebinding page can only send a name that its author controls. So configured names pass, and so do addresses and `localhost`;
/// any other name is 421. No address that the gate sends out is ever built from `Host`.
package struct HostPolicy: Sendable {
    private let names: [String]

    /// - Parameter names: host names without port, in lower case.
    package init(names: [String]) { self.names = names.map { $0.lowercased() } }

    package func allows(_ bytes: Span<UInt8>, _ host: Range<Int>) -> Bool {
        guard !host.isEmpty else { return false }
        if bytes[host.lowerBound] == UInt8(ascii: "[") { return true }
        var end = host.lowerBound
        var isNumeric = true
        while end < host.upperBound, bytes[end] != UInt8(ascii: ":") {
            let octet = bytes[end]
            if !(octet == UInt8(ascii: ".") || (0x30...0x39).contains(octet)) { isNumeric = false }
            end += 1
        }
        if isNumeric { return true }
        let name = host.lowerBound..<end
        if bytes.equalsIgnoringCase("localhost", at: name) { return true }
        for known in names where bytes.equalsIgnoringCase(known, at: name) { return true }
        return false
    }
}
