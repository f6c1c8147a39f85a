// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth
import GateTime

/// Asks Google's tokeninfo about an opaque access token, and takes it only if it was issued to our own client.
///
/// Tokeninfo answers for every Google token there is: without the check of `aud`, a token that a user gave to any other
/// application would open the door.
struct GoogleTokenCheck: RemoteTokenCheck {
    let configuration: GoogleConfiguration
    let api: ProviderAPI

    var provider: ProviderID { configuration.provider }

    func recognition(of token: BearerToken) -> TokenRecognition { token.begins(with: "ya29.") ? .own : .unlikely }

    func asksAbout(jwtIssuer: String) -> Bool { false }

    func verdict(on token: BearerToken, at now: Instant) async -> TokenVerdict {
        do throws(DependencyFailure) {
            // In the body, not in the address: addresses end up in logs.
            let request = FetchRequest.form(
                configuration.tokenInfo, ["access_token": String(decoding: token.bytes, as: UTF8.self)])
            let answer = try await api.ask(request, ownCredentialsRefused: [])
            let host = configuration.tokenInfo.host
            switch answer.status {
            case 200: break
            case 400, 401: return .rejected(.revoked)
            default: throw api.failure("\(host) answered \(answer.status)")
            }
            guard let object = answer.object else { throw api.failure("\(host) gave no JSON") }
            return judge(object, at: now)
        } catch {
            return .unavailable(error)
        }
    }

    private func judge(_ object: JSONObject, at now: Instant) -> TokenVerdict {
        guard let audience = object["aud"]?.string,
            configuration.audiences.contains(where: { $0.isExactly(audience) })
        else { return .rejected(.audience) }
        // Tokeninfo writes its numbers as strings.
        let expiry = object["exp"].flatMap { $0.int64 ?? $0.string.flatMap { Int64($0) } }
        guard let expiry else { return .rejected(.claims) }
        guard now < Instant(seconds: expiry) else { return .rejected(.expired) }
        guard
            let principal = ClaimsMapping(clientID: ["azp", "aud"]).principal(
                of: object, provider: provider, issuer: configuration.issuer)
        else { return .rejected(.claims) }
        return .accepted(
            ValidatedToken(principal: principal, validUntil: Instant(seconds: expiry), validity: .unconditional))
    }
}
