// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import GateSeal
import GateSession
import GateTime

/// What the tests of sessions have in common.
enum SessionFixture {
    static let now = Instant(seconds: 1_795_392_000)

    static func keys(_ first: UInt8 = 0) throws -> KeyRing { try KeyRing(secrets: [[UInt8](first..<(first + 40))]) }

    static func sessions(
        _ keys: KeyRing? = nil, isSecure: Bool = true, site: String = "https://m.example"
    ) throws -> BrowserSessions {
        BrowserSessions(
            .init(site: site, attributes: CookieAttributes(isSecure: isSecure)), keys: try keys ?? self.keys())
    }

    static let principal = Principal(
        provider: ProviderID("corp"), issuer: IssuerURL("https://id.example/"), subject: "4711",
        clientID: ClientID("web"), objectID: "o-1", tenantID: "t-1", name: "Zoë \"Z\" O'Neil; =\u{202E}",
        groups: ["g1", "g 2"], hasGroupsOverage: true, roles: ["admin"], scope: ["openid", "email"],
        claims: [
            .init(type: "sub", value: "4711"), .init(type: "roles", value: "admin"), .init(type: "roles", value: ""),
            .init(type: "http://x.example/y", value: "ä\n€"),
        ], nameClaimType: "name", roleClaimType: "roles")

    static func session(_ principal: Principal = principal, lasting: Duration = .seconds(3_600)) -> Session {
        Session(
            principal: principal, registration: "openIDConnect https://id.example/ web", signedInAt: now,
            expiresAt: now + lasting)
    }

    /// What a browser sends back after these `Set-Cookie` values.
    static func field(_ cookies: [String], after field: [UInt8] = []) -> [UInt8] {
        var jar: [(String, String)] = String(decoding: field, as: UTF8.self).split(separator: "; ").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
        for cookie in cookies {
            let pair = cookie.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
            jar.removeAll { $0.0 == pair[0] }
            if !cookie.contains("Max-Age=0") { jar.append((String(pair[0]), String(pair[1]))) }
        }
        return Array(jar.map { "\($0.0)=\($0.1)" }.joined(separator: "; ").utf8)
    }
}
