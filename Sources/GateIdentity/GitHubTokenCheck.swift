// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth
import GateTime

/// Asks GitHub whether a token was issued to our own app: `POST /applications/{client_id}/token` with the app's
/// credentials.
///
/// `GET /user` would accept any GitHub credential, also a personal access token made for something else; this endpoint
/// knows only tokens that users gave to this app, so that a token for another app is worth nothing here.
struct GitHubTokenCheck: RemoteTokenCheck {
    let configuration: GitHubConfiguration
    let api: ProviderAPI

    var provider: ProviderID { configuration.provider }

    func recognition(of token: BearerToken) -> TokenRecognition {
        // Users' tokens of OAuth apps and GitHub apps; forty hexadecimal digits before 2021.
        if token.begins(with: "gho_") || token.begins(with: "ghu_") { return .own }
        // Personal, installation and refresh tokens are not bound to a user's consent to this app.
        for prefix in ["ghp_", "github_pat_", "ghs_", "ghr_"] where token.begins(with: prefix) {
            return .refused(.tokenType)
        }
        let isLegacy =
            token.bytes.count == 40
            && token.bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isLegacy ? .own : .unlikely
    }

    func asksAbout(jwtIssuer: String) -> Bool { false }

    func verdict(on token: BearerToken, at now: Instant) async -> TokenVerdict {
        let body: JSONValue = ["access_token": .string(String(decoding: token.bytes, as: UTF8.self))]
        let client = FetchRequest.percentEncoded(configuration.clientID.rawValue)
        do throws(DependencyFailure) {
            guard let url = configuration.api.appending(path: "/applications/\(client)/token") else {
                throw api.failure("the API address is not usable")
            }
            let request = FetchRequest(
                .post, url,
                fields: [
                    .init("accept", "application/vnd.github+json"), .init("content-type", "application/json"),
                    .basicCredentials(
                        configuration.clientID.rawValue, configuration.clientSecret, isFormEncoded: false),
                ], body: body.serialized())
            let answer = try await api.ask(request)
            switch answer.status {
            case 404, 422: return .rejected(.revoked)
            case 200: break
            // 403 is also how GitHub says that there were too many requests.
            default: throw api.failure("\(url.host) answered \(answer.status)", .seconds(30))
            }
            guard let object = answer.object else { throw api.failure("\(url.host) gave no JSON") }
            return judge(object, at: now)
        } catch {
            return .unavailable(error)
        }
    }

    private func judge(_ object: JSONObject, at now: Instant) -> TokenVerdict {
        guard let client = object["app"]?.object?["client_id"]?.string,
            client.isExactly(configuration.clientID.rawValue)
        else { return .rejected(.audience) }
        guard let user = object["user"]?.object else { return .rejected(.claims) }
        var end = Instant.distantFuture
        if let expiry = object["expires_at"], expiry != .null {
            guard let date = expiry.string.flatMap({ Instant(rfc3339: $0) }) else { return .rejected(.claims) }
            guard now < date else { return .rejected(.expired) }
            end = date
        }
        guard let principal = configuration.principal(of: user, scope: Scope(tokens: object["scopes"]?.strings ?? []))
        else { return .rejected(.claims) }
        return .accepted(ValidatedToken(principal: principal, validUntil: end, validity: .unconditional))
    }
}

extension GitHubConfiguration {
    /// Who a `user` object of GitHub's API is about; nil when it does not say.
    func principal(of user: JSONObject, scope: Scope) -> Principal? {
        guard let id = user["id"]?.int64 else { return nil }
        let login = user["login"]?.string
        var claims = [Principal.Claim(type: EasyAuthClaims.nameIdentifier, value: String(id))]
        if let name = user["name"]?.string ?? login { claims.append(.init(type: EasyAuthClaims.name, value: name)) }
        if let email = user["email"]?.string { claims.append(.init(type: EasyAuthClaims.emailAddress, value: email)) }
        for member in user.members where !["id", "name", "email"].contains(member.name) {
            if let text = member.value.string { claims.append(.init(type: "urn:github:\(member.name)", value: text)) }
        }
        return Principal(
            provider: provider, issuer: issuer, subject: String(id), clientID: clientID, name: login, scope: scope,
            claims: claims, nameClaimType: EasyAuthClaims.name, roleClaimType: EasyAuthClaims.role)
    }
}

extension BearerToken {
    func begins(with prefix: String) -> Bool { bytes.starts(with: prefix.utf8) }
}
