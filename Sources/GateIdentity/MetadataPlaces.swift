// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateOAuth

/// Where an issuer's metadata is found, and which issuer metadata at a configured address may name.
enum MetadataPlaces {
    private static let openID = WellKnownPaths.openIDConfiguration
    private static let authorizationServer = WellKnownPaths.authorizationServer

    /// OpenID Connect Discovery §4.1 first, because most providers have that one only; then RFC 8414 §3.1; then the
    /// form of OpenID's document that RFC 8414 §5 tells of.
    static func places(of issuer: IssuerURL) -> [HTTPURL]? {
        guard let url = try? HTTPURL(issuer.rawValue), url.query == nil else { return nil }
        let path = trimmed(url.path)
        var texts = ["\(url.origin)\(path)\(openID)", "\(url.origin)\(authorizationServer)\(path)"]
        if !path.isEmpty { texts.append("\(url.origin)\(openID)\(path)") }
        let places = texts.compactMap { try? HTTPURL($0) }
        return places.count == texts.count ? places : nil
    }

    /// Entra's document is always below the issuer; `{tenantid}` in a configured issuer stands for any tenant.
    static func entraPlace(of issuer: IssuerURL) -> HTTPURL? {
        let text = issuer.rawValue.replacing("{tenantid}", with: "common")
        return try? HTTPURL(trimmed(text) + openID)
    }

    /// The issuers whose metadata may be at this address, with and without a slash at the end; nil when the address
    /// does not tell.
    static func issuers(at wellKnown: HTTPURL) -> [IssuerURL]? {
        let path = wellKnown.path
        let issuerPath: Substring
        if path.utf8.suffix(openID.utf8.count).elementsEqual(openID.utf8) {
            issuerPath = path.dropLast(openID.count)
        } else if path.utf8.starts(with: (authorizationServer + "/").utf8) {
            issuerPath = path.dropFirst(authorizationServer.count)
        } else if path.utf8.starts(with: (openID + "/").utf8) {
            issuerPath = path.dropFirst(openID.count)
        } else if path.utf8.elementsEqual(authorizationServer.utf8) {
            issuerPath = ""
        } else {
            return nil
        }
        let base = trimmed("\(wellKnown.origin)\(issuerPath)")
        return [IssuerURL(base), IssuerURL(base + "/")]
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last == "/" { text = text.dropLast() }
        return String(text)
    }
}
