// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth
import GateTime

/// Asks an authorization server about a token (RFC 7662) and judges the answer as strictly as a JWT.
struct IntrospectionCheck: RemoteTokenCheck {
    let configuration: IntrospectionConfiguration
    let api: ProviderAPI
    let endpoint: IntrospectionEndpoint
    let clock: any IdentityClock

    private static let leeway = Duration.seconds(60)

    var provider: ProviderID { configuration.provider }

    func recognition(of token: BearerToken) -> TokenRecognition { .possible }

    func asksAbout(jwtIssuer: String) -> Bool { configuration.issuer.rawValue.isExactly(jwtIssuer) }

    func verdict(on token: BearerToken, at now: Instant) async -> TokenVerdict {
        do throws(DependencyFailure) {
            let url = try await endpoint.find()
            let answer = try await api.ask(request(for: token, to: url))
            guard answer.status == 200, let object = answer.object, let active = object["active"]?.bool else {
                // Anything but a plain answer is no word on the token.
                throw api.failure("\(url.host) gave no introspection answer (\(answer.status))")
            }
            guard active else { return .rejected(.revoked) }
            return judge(object, at: clock.wall)
        } catch {
            return .unavailable(error)
        }
    }

    private func request(for token: BearerToken, to url: HTTPURL) -> FetchRequest {
        let text = String(decoding: token.bytes, as: UTF8.self)
        let (clientID, secret) = (configuration.clientID.rawValue, configuration.clientSecret)
        switch configuration.authentication {
        case .clientSecretBasic:
            return .form(
                url, ["token": text, "token_type_hint": "access_token"],
                fields: [.basicCredentials(clientID, secret, isFormEncoded: true)])
        case .clientSecretPost:
            return .form(
                url,
                [
                    "token": text, "token_type_hint": "access_token", "client_id": clientID,
                    "client_secret": secret.revealed,
                ])
        }
    }

    /// What RFC 7662 §2.2 says about an active token, held against the same rules as RFC 9068 §4.
    private func judge(_ object: JSONObject, at now: Instant) -> TokenVerdict {
        if let fault = fault(of: object, at: now) { return .rejected(fault) }
        var mapping = configuration.mapping
        // Not every server tells the subject: a user is named by username, an application by its client id.
        mapping.subject += ["username", "client_id"]
        guard
            let principal = mapping.principal(of: object, provider: provider, issuer: configuration.issuer)
        else { return .rejected(.claims) }
        var end = Instant.distantFuture
        if let expiry = object["exp"] {
            guard let seconds = expiry.wholeSeconds else { return .rejected(.claims) }
            end = Instant(seconds: seconds)
        }
        return .accepted(ValidatedToken(principal: principal, validUntil: end, validity: .unconditional))
    }

    private func fault(of object: JSONObject, at now: Instant) -> TokenRejection? {
        if let type = object["token_type"], type != .null {
            // A refresh or ID token is active too; a sender-constrained one needs its proof.
            guard let name = type.string?.lowercased(), name == "bearer" || name == "access_token" else {
                return .tokenType
            }
        }
        if object["cnf"] != nil { return .tokenType }
        if let issuer = object["iss"], issuer.string?.isExactly(configuration.issuer.rawValue) != true {
            return .issuer
        }
        if let fault = audienceFault(object) { return fault }
        if let expiry = object["exp"] {
            guard let seconds = expiry.wholeSeconds else { return .claims }
            guard now - IntrospectionCheck.leeway < Instant(seconds: seconds) else { return .expired }
        }
        if let start = object["nbf"] {
            guard let seconds = start.wholeSeconds else { return .claims }
            guard now + IntrospectionCheck.leeway >= Instant(seconds: seconds) else { return .notYetValid }
        }
        return nil
    }

    private func audienceFault(_ object: JSONObject) -> TokenRejection? {
        if let audience = object["aud"], audience != .null {
            guard let named = audience.strings ?? audience.string.map({ [$0] }) else { return .claims }
            let isOurs = named.contains { name in configuration.audiences.contains { $0.isExactly(name) } }
            return isOurs ? nil : .audience
        }
        switch configuration.withoutAudience {
        case .refuse: return .audience
        case .acceptFromClients(let clients):
            guard let client = object["client_id"]?.string else { return .audience }
            return clients.contains { $0.rawValue.isExactly(client) } ? nil : .audience
        case .accept: return nil
        }
    }
}

extension JSONValue {
    /// A NumericDate without its fraction; nil for anything but a number within 64 bits.
    var wholeSeconds: Int64? {
        if let int64 { return int64 }
        return number?.double.flatMap { Int64(exactly: $0.rounded(.down)) }
    }
}
