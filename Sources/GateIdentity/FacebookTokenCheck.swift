// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth
import GateTime

/// Asks Facebook's `debug_token` about a user's access token, and takes it only if it was issued to our own app.
struct FacebookTokenCheck: RemoteTokenCheck {
    let configuration: FacebookConfiguration
    let api: ProviderAPI

    var provider: ProviderID { configuration.provider }

    func recognition(of token: BearerToken) -> TokenRecognition { token.begins(with: "EAA") ? .own : .unlikely }

    func asksAbout(jwtIssuer: String) -> Bool { false }

    func verdict(on token: BearerToken, at now: Instant) async -> TokenVerdict {
        let appToken = "\(configuration.appID.rawValue)|\(configuration.appSecret.revealed)"
        let query =
            "input_token=\(FetchRequest.percentEncoded(String(decoding: token.bytes, as: UTF8.self)))"
            + "&access_token=\(FetchRequest.percentEncoded(appToken))"
        do throws(DependencyFailure) {
            guard
                let url = configuration.graph.appending(
                    path: "/\(configuration.graphVersion)/debug_token", query: query)
            else { throw api.failure("the API address is not usable") }
            let answer = try await api.ask(.json(url))
            // Errors about the token come with status 200; others are about the app's own credentials or the service.
            guard answer.status == 200, let data = answer.object?["data"]?.object else {
                throw api.failure("\(url.host) gave no answer about the token (\(answer.status))")
            }
            return judge(data, at: now)
        } catch {
            return .unavailable(error)
        }
    }

    private func judge(_ data: JSONObject, at now: Instant) -> TokenVerdict {
        guard data["is_valid"]?.bool == true else { return .rejected(.revoked) }
        guard let app = data["app_id"]?.string, app.isExactly(configuration.appID.rawValue) else {
            return .rejected(.audience)
        }
        // An app's or a page's token stands for no user.
        guard data["type"]?.string == "USER" else { return .rejected(.tokenType) }
        guard let user = data["user_id"]?.string, !user.isEmpty else { return .rejected(.claims) }
        var end = Instant.distantFuture
        for name in ["expires_at", "data_access_expires_at"] {
            guard let value = data[name] else { continue }
            guard let seconds = value.int64 else { return .rejected(.claims) }
            // Zero means that it does not expire.
            if seconds > 0 { end = min(end, Instant(seconds: seconds)) }
        }
        guard now < end else { return .rejected(.expired) }
        let principal = Principal(
            provider: provider, issuer: configuration.issuer, subject: user, clientID: configuration.appID,
            scope: Scope(tokens: data["scopes"]?.strings ?? []),
            claims: [.init(type: EasyAuthClaims.nameIdentifier, value: user)], nameClaimType: EasyAuthClaims.name,
            roleClaimType: EasyAuthClaims.role)
        return .accepted(ValidatedToken(principal: principal, validUntil: end, validity: .unconditional))
    }
}
