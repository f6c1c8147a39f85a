// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
package import GateOAuth

/// The issuers that tokens of one configured Entra authority may name.
///
/// A registration decides by `requestedAccessTokenVersion` whether its tokens come from the v1.0 issuer
/// (`https://sts.windows.net/<tenant>/`) or from the v2.0 one (`https://login.microsoftonline.com/<tenant>/v2.0`); both
/// are signed with the same keys. Whichever of them is configured, both are accepted, for that tenant only.
/// Tenant-independent authorities (`common`, `organizations`, `consumers`) accept any tenant of their kind, provided
/// that the token's `tid` is the tenant of its `iss`; which tenants may enter is the policy's business.
package struct EntraIssuer: Sendable, Hashable {
    package enum Tenant: Sendable, Hashable {
        /// A directory id, in lower case.
        case id(String)
        /// A domain name: what it stands for is known when the metadata has been read.
        case domain(String)
        case common
        /// Any directory but that of personal accounts.
        case organizations
        /// Personal accounts only.
        case consumers
        /// Not of Entra's shape (external tenants with custom domains, test servers): one exact issuer.
        case opaque
    }

    /// The tenant that stands for personal Microsoft accounts.
    package static let consumersTenantID = "9188040d-6c67-4c5b-b112-36a304b66dad"

    package let configured: IssuerURL
    package let tenant: Tenant
    /// The prefixes before the tenant of v2.0 and v1.0 issuers, each ending in `/`.
    private let v2Prefix: String
    private let v1Prefix: String
    /// How an external tenant's metadata spells the issuer, whatever host it was asked at.
    private let externalIssuer: String?

    package init(_ configured: IssuerURL) {
        self.configured = configured
        let (origin, segments) = EntraIssuer.split(configured.rawValue)
        let cloud = EntraIssuer.clouds.first { $0.hosts.contains { "https://\($0)".isExactly(origin) } }
        v2Prefix = (cloud.map { "https://\($0.v2Host)" } ?? origin) + "/"
        v1Prefix = "https://\(cloud?.v1Host ?? "sts.windows.net")/"
        let id = segments.first.flatMap { EntraIssuer.directoryID($0) }
        let isExternal = origin.utf8.suffix(14).elementsEqual(".ciamlogin.com".utf8)
        externalIssuer = isExternal ? id.map { "https://\($0).ciamlogin.com/\($0)/v2.0" } : nil
        let isShaped = segments.count == 1 || (segments.count == 2 && segments[1].isExactly("v2.0"))
        if !isShaped {
            tenant = .opaque
        } else if let id {
            tenant = .id(id)
        } else if cloud == nil && !["common", "organizations", "consumers"].contains(segments[0]) {
            tenant = .opaque
        } else {
            switch segments[0] {
            case "common", "{tenantid}": tenant = .common
            case "organizations": tenant = .organizations
            case "consumers": tenant = .consumers
            default: tenant = .domain(segments[0])
            }
        }
    }

    /// Whether tokens of several tenants may be signed by these keys.
    package var isTenantIndependent: Bool {
        switch tenant {
        case .common, .organizations: true
        case .id, .domain, .consumers, .opaque: false
        }
    }

    /// Whether a token with this `iss` could be ours, before any metadata has been read.
    func mayAccept(issuer: String) -> Bool {
        if issuer.isExactly(configured.rawValue) { return true }
        guard let named = tenantID(ofTokenIssuer: issuer) else {
            // Not of Entra's shape: only what the metadata of an opaque authority may turn out to say.
            return tenant == .opaque && EntraIssuer.split(issuer).origin.isExactly(String(v2Prefix.dropLast()))
        }
        switch tenant {
        case .id(let id): return named == id
        case .domain, .common: return true
        case .organizations: return named != EntraIssuer.consumersTenantID
        case .consumers: return named == EntraIssuer.consumersTenantID
        case .opaque: return false
        }
    }

    /// Whether a verified token's `iss` and `tid` go together and are ours.
    /// - Parameter documentIssuer: the `issuer` of the metadata that the keys came from.
    func accepts(issuer: String, tenantClaim: String?, documentIssuer: String?) -> Bool {
        guard mayAccept(issuer: issuer) else { return false }
        guard let named = tenantID(ofTokenIssuer: issuer) else {
            return issuer.isExactly(documentIssuer ?? configured.rawValue)
        }
        if let tenantClaim {
            guard EntraIssuer.directoryID(tenantClaim) == named else { return false }
        } else if isTenantIndependent {
            return false
        }
        guard case .domain = tenant else { return true }
        return documentIssuer.flatMap { tenantID(ofTokenIssuer: $0) } == named
    }

    /// Whether metadata that calls itself this is the configured authority's.
    func acceptsDocument(issuer: String) -> Bool {
        if issuer.isExactly(v2Prefix + "{tenantid}/v2.0") || issuer.isExactly(v1Prefix + "{tenantid}/") {
            return isTenantIndependent
        }
        if tenant == .opaque { return issuer.isExactly(configured.rawValue) }
        return mayAccept(issuer: issuer)
    }

    /// The tenant of `https://login.microsoftonline.com/<tenant>/v2.0` or `https://sts.windows.net/<tenant>/`, spelt
    /// exactly like that.
    private func tenantID(ofTokenIssuer issuer: String) -> String? {
        if let externalIssuer, issuer.isExactly(externalIssuer), case .id(let id) = tenant { return id }
        let octets = issuer.utf8
        let middle: Substring.UTF8View
        if octets.starts(with: v2Prefix.utf8), octets.suffix(5).elementsEqual("/v2.0".utf8) {
            middle = octets.dropFirst(v2Prefix.utf8.count).dropLast(5)
        } else if octets.starts(with: v1Prefix.utf8), octets.last == UInt8(ascii: "/") {
            middle = octets.dropFirst(v1Prefix.utf8.count).dropLast()
        } else {
            return nil
        }
        guard let id = EntraIssuer.directoryID(Substring(middle)), id.utf8.elementsEqual(middle) else { return nil }
        return id
    }

    // MARK: - Shapes

    private static let clouds: [(hosts: [String], v2Host: String, v1Host: String)] = [
        (
            ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
            "login.microsoftonline.com", "sts.windows.net"
        ),
        (["login.microsoftonline.us", "login-us.microsoftonline.com"], "login.microsoftonline.us", "sts.windows.net"),
        (
            ["login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "sts.chinacloudapi.cn"],
            "login.partner.microsoftonline.cn", "sts.chinacloudapi.cn"
        ),
    ]

    private static func split(_ issuer: String) -> (origin: String, segments: [String]) {
        guard let scheme = issuer.firstRange(of: "://") else { return (issuer, []) }
        let rest = issuer[scheme.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        return (
            String(issuer[..<slash]),
            rest[slash...].split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        )
    }

    /// 8-4-4-4-12 hexadecimal digits, in lower case; nil for anything else.
    static func directoryID(_ text: some StringProtocol) -> String? {
        let octets = Array(text.utf8)
        guard octets.count == 36 else { return nil }
        for (index, octet) in octets.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard octet == 0x2D else { return nil }
            } else {
                guard (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet | 0x20) else { return nil }
            }
        }
        return String(decoding: octets.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
