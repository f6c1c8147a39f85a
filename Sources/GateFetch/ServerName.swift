// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import NIOCore
import NIOSSL

/// The name that a server's certificate must be for (RFC 9525 §6.3).
package struct ServerName: Sendable {
    private let labels: [Substring]

    package init(_ name: String) {
        let lowercased = name.lowercased()
        labels = (lowercased.hasSuffix(".") ? lowercased.dropLast() : lowercased[...])
            .split(separator: ".", omittingEmptySubsequences: false)
    }

    /// Whether a name of a certificate is this one; `*` stands for the whole first label of at least three.
    package func matches(_ presented: some Sequence<UInt8>) -> Bool {
        let text = String(decoding: Array(presented), as: UTF8.self).lowercased()
        let others = text.split(separator: ".", omittingEmptySubsequences: false)
        guard others.count == labels.count, others.dropFirst() == labels.dropFirst() else { return false }
        if others[0] == "*" { return labels.count >= 3 && !labels[0].isEmpty }
        return others[0] == labels[0]
    }

    /// Whether the TLS connection of this channel was made with a certificate for this name; call it on the channel's event loop.
    ///
    /// NIOSSL also lets a certificate pass that names the peer's address instead; where a name was given, nothing else will do.
    package func isProved(on channel: any Channel) -> Bool {
        let handler = try? channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        guard let certificate = handler?.peerCertificate else { return false }
        return certificate._subjectAlternativeNames().contains { $0.nameType == .dnsName && matches($0.contents) }
    }
}
