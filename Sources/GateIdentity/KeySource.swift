// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateFetch
import GateJSON
package import GateOAuth

/// Where an issuer's signing keys come from; never from a token.
package struct KeySource: Sendable, Hashable {
    package enum Location: Sendable, Hashable {
        /// Metadata documents that are tried in this order (RFC 8414 §3, OpenID Connect Discovery §4); their `jwks_uri`
        /// is taken when their `issuer` is one that is expected.
        case discovery([HTTPURL], IssuerExpectation)
        /// A key set at a fixed address: Easy Auth's `certificationUri`.
        case keySet(HTTPURL)
        /// A key set that the operator supplies; it never changes.
        case document([UInt8])
    }

    package var location: Location
    /// What may be connected to for any of them, including what the metadata points at.
    package var egress: EgressPolicy

    package init(_ location: Location, egress: EgressPolicy) {
        self.location = location
        self.egress = egress
    }
}

/// What the operator allows a provider's addresses to be, beyond the public internet by https.
package struct NetworkAccess: Sendable, Hashable {
    package var allowsPrivateNetworks: Bool
    package var allowsPlainHTTPInPrivateNetworks: Bool

    package init(allowsPrivateNetworks: Bool = false, allowsPlainHTTPInPrivateNetworks: Bool = false) {
        self.allowsPrivateNetworks = allowsPrivateNetworks
        self.allowsPlainHTTPInPrivateNetworks = allowsPlainHTTPInPrivateNetworks
    }

    package func policy(for url: HTTPURL?) -> EgressPolicy {
        guard let url else { return .publicOnly }
        return .configured(
            for: url, allowsPrivateNetworks: allowsPrivateNetworks,
            allowsPlainHTTPInPrivateNetworks: allowsPlainHTTPInPrivateNetworks)
    }
}

/// Which `issuer` a metadata document must have, code point by code point (RFC 8414 §3.3).
package enum IssuerExpectation: Sendable, Hashable {
    case exactly([IssuerURL])
    /// One that belongs to the configured Entra tenant, or the template of a tenant-independent endpoint.
    case entra(EntraIssuer)

    package func accepts(_ issuer: String) -> Bool {
        switch self {
        case .exactly(let issuers): issuers.contains { $0.rawValue.isExactly(issuer) }
        case .entra(let expected): expected.acceptsDocument(issuer: issuer)
        }
    }
}
