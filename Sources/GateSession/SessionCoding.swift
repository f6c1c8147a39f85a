// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateOAuth
import GateTime

/// A session as compact JSON, which is what its cookie seals.
enum SessionCoding {
    /// Changes with the shape: a session of another one is as good as none, and its person signs in again.
    private static let version: Int64 = 1

    static func encode(_ session: Session) -> [UInt8] {
        let principal = session.principal
        var writer = JSONWriter(reservingCapacity: 1_024)
        writer.beginObject()
        writer.member("v", version)
        writer.member("id", session.id.rawValue)
        writer.member("in", session.signedInAt.seconds)
        writer.member("ex", session.expiresAt.seconds)
        writer.member("idp", principal.provider.rawValue)
        writer.member("iss", principal.issuer.rawValue)
        writer.member("sub", principal.subject)
        let texts: [(String, String?)] = [
            ("cid", principal.clientID?.rawValue), ("oid", principal.objectID), ("tid", principal.tenantID),
            ("name", principal.name), ("nt", principal.nameClaimType), ("rt", principal.roleClaimType),
        ]
        for (name, value) in texts { if let value { writer.member(name, value) } }
        if principal.hasGroupsOverage { writer.member("over", true) }
        for (name, values) in [
            ("grp", principal.groups), ("rol", principal.roles), ("scp", principal.scope.tokens),
            ("ct", principal.claims.map(\.type)), ("cv", principal.claims.map(\.value)),
        ] where !values.isEmpty {
            writer.name(name)
            writer.beginArray()
            for value in values { writer.string(value) }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    /// Nil for anything that ``encode(_:)`` did not write.
    static func decode(_ octets: [UInt8]) -> Session? {
        guard let object = (try? JSONValue.parse(octets))?.object, object["v"]?.int64 == version,
            let id = object["id"]?.string, let start = object["in"]?.int64, let end = object["ex"]?.int64,
            let provider = object["idp"]?.string, let issuer = object["iss"]?.string,
            let subject = object["sub"]?.string
        else { return nil }
        func strings(_ name: String) -> [String] { object[name]?.strings ?? [] }
        let (types, values) = (strings("ct"), strings("cv"))
        guard types.count == values.count else { return nil }
        let principal = Principal(
            provider: ProviderID(provider), issuer: IssuerURL(issuer), subject: subject,
            clientID: object["cid"]?.string.map { ClientID($0) }, objectID: object["oid"]?.string,
            tenantID: object["tid"]?.string, name: object["name"]?.string, groups: strings("grp"),
            hasGroupsOverage: object["over"]?.bool ?? false, roles: strings("rol"),
            scope: Scope(tokens: strings("scp")),
            claims: zip(types, values).map { Principal.Claim(type: $0, value: $1) },
            nameClaimType: object["nt"]?.string, roleClaimType: object["rt"]?.string)
        return Session(
            id: SessionID(id), principal: principal, signedInAt: Instant(seconds: start),
            expiresAt: Instant(seconds: end))
    }
}
