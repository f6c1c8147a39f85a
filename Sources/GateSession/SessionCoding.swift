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
        writer.member("reg", session.registration)
        writer.member("idp", principal.provider.rawValue)
        writer.member("iss", principal.issuer.rawValue)
        writer.member("sub", principal.subject)
        let texts: [(String, String?)] = [
            ("cid", principal.clientID?.rawValue), ("oid", principal.objectID), ("tid", principal.tenantID),
            ("name", principal.name), ("nt", principal.nameClaimType), ("rt", principal.roleClaimType),
        ]
        for (name, value) in texts { if let value { writer.member(name, value) } }
        if principal.hasGroupsOverage { writer.member("over", true) }
        let values = principal.claims.map(\.value)
        write(principal.claims.map(\.type), as: "ct", known: [], to: &writer)
        write(values, as: "cv", known: [], to: &writer)
        write(principal.groups, as: "grp", known: values, to: &writer)
        write(principal.roles, as: "rol", known: values, to: &writer)
        write(principal.scope.tokens, as: "scp", known: values, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// A list of texts; one that is among the claims' values is named by its place there, since a cookie has little room.
    private static func write(_ texts: [String], as name: String, known: [String], to writer: inout JSONWriter) {
        guard !texts.isEmpty else { return }
        var places: [String: Int] = [:]
        for (place, value) in known.enumerated() where places[value] == nil { places[value] = place }
        writer.name(name)
        writer.beginArray()
        for text in texts {
            if let place = places[text], known[place].isExactly(text) {
                writer.int(place)
            } else {
                writer.string(text)
            }
        }
        writer.endArray()
    }

    /// Nil for anything that ``encode(_:)`` did not write.
    static func decode(_ octets: [UInt8]) -> Session? {
        guard let object = (try? JSONValue.parse(octets))?.object, object["v"]?.int64 == version,
            let id = object["id"]?.string, let start = object["in"]?.int64, let end = object["ex"]?.int64,
            let registration = object["reg"]?.string, let provider = object["idp"]?.string,
            let issuer = object["iss"]?.string,
            let subject = object["sub"]?.string
        else { return nil }
        let types = object["ct"]?.strings ?? []
        let values = object["cv"]?.strings ?? []
        guard types.count == values.count else { return nil }
        func strings(_ name: String) -> [String]? {
            guard let items = object[name]?.array else { return [] }
            let texts = items.compactMap { item -> String? in
                guard let place = item.int64 else { return item.string }
                return values.indices.contains(Int(place)) ? values[Int(place)] : nil
            }
            return texts.count == items.count ? texts : nil
        }
        guard let groups = strings("grp"), let roles = strings("rol"), let scope = strings("scp") else { return nil }
        let principal = Principal(
            provider: ProviderID(provider), issuer: IssuerURL(issuer), subject: subject,
            clientID: object["cid"]?.string.map { ClientID($0) }, objectID: object["oid"]?.string,
            tenantID: object["tid"]?.string, name: object["name"]?.string, groups: groups,
            hasGroupsOverage: object["over"]?.bool ?? false, roles: roles,
            scope: Scope(tokens: scope),
            claims: zip(types, values).map { Principal.Claim(type: $0, value: $1) },
            nameClaimType: object["nt"]?.string, roleClaimType: object["rt"]?.string)
        return Session(
            id: SessionID(id), principal: principal, registration: registration,
            signedInAt: Instant(seconds: start), expiresAt: Instant(seconds: end))
    }
}
