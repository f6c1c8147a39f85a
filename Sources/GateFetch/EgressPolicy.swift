// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

/// Where an outbound request may go. The default is the public internet by https, and nothing else.
///
/// The policy is checked against the addresses that a name resolves to, and the connection is made to exactly the
/// address that was checked, so that a name cannot answer differently the second time.
package struct EgressPolicy: Sendable, Hashable {
    /// The classes of address that may be connected to.
    package var reachable: Set<AddressClass>
    /// The classes of address that may be spoken to without TLS.
    package var plainHTTP: Set<AddressClass>

    package init(reachable: Set<AddressClass> = [.global], plainHTTP: Set<AddressClass> = []) {
        self.reachable = reachable
        self.plainHTTP = plainHTTP
    }

    /// For addresses that strangers name: client metadata documents, linked documents.
    package static let publicOnly = EgressPolicy()

    /// For addresses that the operator configured, and for those that the documents found there name.
    ///
    /// Loopback is allowed, also by http, only if the configured host itself is loopback: a public issuer whose
    /// metadata points at 127.0.0.1 gets nowhere. Private networks need the operator's word.
    /// - Parameters:
    ///   - allowsPrivateNetworks: whether RFC 1918, unique local and shared addresses may be reached.
    ///   - allowsPlainHTTPInPrivateNetworks: whether they may be spoken to by http.
    package static func configured(
        for url: HTTPURL, allowsPrivateNetworks: Bool = false, allowsPlainHTTPInPrivateNetworks: Bool = false
    ) -> EgressPolicy {
        var policy = EgressPolicy()
        if url.isLoopback {
            policy.reachable.insert(.loopback)
            policy.plainHTTP.insert(.loopback)
        }
        if allowsPrivateNetworks {
            policy.reachable.formUnion([.privateUse, .sharedAddressSpace])
            if allowsPlainHTTPInPrivateNetworks { policy.plainHTTP.formUnion([.privateUse, .sharedAddressSpace]) }
        }
        return policy
    }

    package func allows(_ address: IPAddress, isPlainHTTP: Bool) -> Bool {
        let kind = AddressClassifier.classify(address)
        return reachable.contains(kind) && (!isPlainHTTP || plainHTTP.contains(kind))
    }
}
