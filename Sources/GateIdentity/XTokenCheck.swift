// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth
import GateTime

/// Asks X who a token's user is: `GET /2/users/me`.
///
/// X has no endpoint that says which app a token was issued to, so a token that a user gave to any other app looks the
/// same. Unless the operator accepts that by name, every token is refused without asking.
struct XTokenCheck: RemoteTokenCheck {
    let configuration: XConfiguration
    let api: ProviderAPI

    var provider: ProviderID { configuration.provider }

    func recognition(of token: BearerToken) -> TokenRecognition {
        configuration.acceptsUnboundTokens ? .possible : .unlikely
    }

    func asksAbout(jwtIssuer: String) -> Bool { false }

    func verdict(on token: BearerToken, at now: Instant) async -> TokenVerdict {
        guard configuration.acceptsUnboundTokens else { return .rejected(.audience) }
        do throws(DependencyFailure) {
            guard let url = configuration.api.appending(path: "/2/users/me") else {
                throw api.failure("the API address is not usable")
            }
            var request = FetchRequest.json(url)
            request.fields.append(.init("authorization", "Bearer " + String(decoding: token.bytes, as: UTF8.self)))
            let answer = try await api.ask(request, ownCredentialsRefused: [])
            switch answer.status {
            case 200: break
            case 401, 403: return .rejected(.revoked)
            default: throw api.failure("\(url.host) answered \(answer.status)")
            }
            guard let user = answer.object?["data"]?.object else { throw api.failure("\(url.host) gave no user") }
            guard let id = user["id"]?.string, !id.isEmpty else { return .rejected(.claims) }
            let name = user["username"]?.string
            var claims = [Principal.Claim(type: EasyAuthClaims.nameIdentifier, value: id)]
            for member in user.members where member.name != "id" {
                if let text = member.value.string {
                    claims.append(.init(type: "urn:twitter:\(member.name)", value: text))
                }
            }
            let principal = Principal(
                provider: provider, issuer: configuration.issuer, subject: id, name: name, claims: claims,
                nameClaimType: EasyAuthClaims.name, roleClaimType: EasyAuthClaims.role)
            return .accepted(
                ValidatedToken(principal: principal, validUntil: .distantFuture, validity: .unconditional))
        } catch {
            return .unavailable(error)
        }
    }
}
