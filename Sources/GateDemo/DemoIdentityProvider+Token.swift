// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON
import GateOAuth
import GateTime

extension DemoIdentityProvider {
    /// The token endpoint (RFC 6749 §3.2).
    func token(_ request: DemoRequest, at now: Instant) -> DemoResponse {
        do {
            guard let form = FormParameters(oauth: request.body) else {
                throw Problem("invalid_request", "the form is not well-formed, or says something twice")
            }
            let client = try authenticate(request, form)
            switch form.value("grant_type") {
            case "authorization_code":
                let (grant, refreshToken) = try redeem(form, client, at: now)
                observer(DemoStep(.provider, "gave '\(client.name)' a token for \(grant.user.username)"))
                return try answer(grant, scope: grant.scope, refreshToken, at: now)
            case "refresh_token":
                let (grant, scope, refreshToken) = try refresh(form, client, at: now)
                observer(DemoStep(.provider, "renewed the token of '\(client.name)' for \(grant.user.username)"))
                return try answer(grant, scope: scope, refreshToken, at: now)
            case nil: throw Problem("invalid_request", "grant_type is missing")
            default: throw Problem("unsupported_grant_type", "use authorization_code or refresh_token")
            }
        } catch let problem as Problem {
            observer(
                DemoStep(.provider, "refused a token: \(problem.code), \(problem.description)", isGood: false))
            guard problem.code == "invalid_client" else {
                return Self.error(400, problem.code, problem.description)
            }
            let isBasic = request.field("authorization") != nil
            return Self.error(
                401, problem.code, problem.description,
                isBasic ? [("WWW-Authenticate", "Basic realm=\"gatehouse demo\"")] : [])
        } catch {
            return Self.error(500, "server_error", "the token could not be made")
        }
    }

    /// By one method only; a client with a secret may send it either way, since SDKs mix them up (RFC 6749 §2.3).
    private func authenticate(_ request: DemoRequest, _ form: FormParameters) throws -> DemoClient {
        var (id, secret) = (form.value("client_id"), form.value("client_secret"))
        if request.fields.contains(where: { $0.name == "authorization" }) {
            guard let (basicID, basicSecret) = request.field("authorization").flatMap(Self.basicCredentials) else {
                throw Problem("invalid_client", "the Authorization field is not understood")
            }
            guard secret == nil, id == nil || id == basicID else {
                throw Problem("invalid_request", "the client is named in two ways")
            }
            (id, secret) = (basicID, basicSecret)
        }
        guard let client = id.flatMap(DemoClient.init(id:)) else {
            throw Problem("invalid_client", "the client is not registered")
        }
        guard client.isPublic || secret.map({ client.isSecret($0, under: clientSecretKey) }) == true else {
            throw Problem("invalid_client", "the client's secret is missing or wrong")
        }
        return client
    }

    private func redeem(
        _ form: FormParameters, _ client: DemoClient, at now: Instant
    ) throws -> (grant: DemoGrant, refreshToken: String) {
        guard let code = form.value("code") else { throw Problem("invalid_request", "code is missing") }
        guard let verifier = form.value("code_verifier") else {
            throw Problem("invalid_request", "code_verifier is missing")
        }
        let resource = form["resource"] != nil ? try self.resource(in: form) : nil
        do {
            return try grants.redeem(code: code, at: now) { pending in
                guard pending.grant.clientID == client.id else {
                    throw Problem("invalid_grant", "the code is another client's")
                }
                guard pending.redirectURI == form.value("redirect_uri") else {
                    throw Problem("invalid_grant", "redirect_uri is not the one of the request")
                }
                guard pending.codeChallenge.matches(verifier: verifier) else {
                    throw Problem("invalid_grant", "code_verifier does not fit the challenge")
                }
                guard resource == nil || resource == pending.grant.resource else {
                    throw Problem("invalid_target", "the code is for another resource")
                }
            }
        } catch let failure as DemoGrants.Failure {
            throw Problem(failure, what: "the code")
        }
    }

    private func refresh(
        _ form: FormParameters, _ client: DemoClient, at now: Instant
    ) throws -> (grant: DemoGrant, scope: [String], refreshToken: String) {
        guard let token = form.value("refresh_token") else {
            throw Problem("invalid_request", "refresh_token is missing")
        }
        let resource = form["resource"] != nil ? try self.resource(in: form) : nil
        let asked = form.value("scope")?.split(separator: " ").map(String.init)
        do {
            let (grant, fresh) = try grants.refresh(token, at: now) { grant in
                guard grant.clientID == client.id else {
                    throw Problem("invalid_grant", "the refresh token is another client's")
                }
                guard resource == nil || resource == grant.resource else {
                    throw Problem("invalid_target", "the refresh token is for another resource")
                }
                guard asked?.allSatisfy(grant.scope.contains) != false else {
                    throw Problem("invalid_scope", "more than was allowed")
                }
            }
            return (grant, asked ?? grant.scope, fresh)
        } catch let failure as DemoGrants.Failure {
            throw Problem(failure, what: "the refresh token")
        }
    }

    private func answer(
        _ grant: DemoGrant, scope: [String], _ refreshToken: String, at now: Instant
    ) throws -> DemoResponse {
        let lifetime = Self.accessTokenLifetime.components.seconds
        var accessToken = claims(of: grant, at: now, lifetime: lifetime)
        accessToken["aud"] = .string(grant.resource)
        accessToken["client_id"] = .string(grant.clientID)
        accessToken["scope"] = .string(scope.joined(separator: " "))
        accessToken["jti"] = .string(DemoRandom.token(bytes: 16))
        var body: JSONObject = [
            "access_token": .string(try signer.sign(payload: accessToken, type: "at+jwt")),
            "token_type": "Bearer",
            "expires_in": .number(JSONNumber(lifetime)),
            "refresh_token": .string(refreshToken),
            "scope": .string(scope.joined(separator: " ")),
        ]
        if scope.contains("openid") {
            var idToken = claims(of: grant, at: now, lifetime: lifetime)
            idToken["aud"] = .string(grant.clientID)
            if let nonce = grant.nonce { idToken["nonce"] = .string(nonce) }
            body["id_token"] = .string(try signer.sign(payload: idToken, type: "JWT"))
        }
        return .json(
            200, JSONValue.object(body).serialized(), [("Cache-Control", "no-store"), ("Pragma", "no-cache")])
    }

    /// What both kinds of token say: who, when, and the person's attributes (RFC 9068 §2.2).
    private func claims(of grant: DemoGrant, at now: Instant, lifetime: Int64) -> JSONObject {
        [
            "iss": .string(configuration.issuer),
            "sub": .string(grant.user.subject),
            "iat": .number(JSONNumber(now.seconds)),
            "exp": .number(JSONNumber(now.seconds + lifetime)),
            "auth_time": .number(JSONNumber(grant.signedInAt.seconds)),
            "name": .string(grant.user.fullName),
            "preferred_username": .string(grant.user.username),
            "email": .string(grant.user.email),
            "groups": .array(grant.user.groups.map(JSONValue.string)),
            "roles": .array(grant.user.roles.map(JSONValue.string)),
        ]
    }

    /// `Basic` with form-encoded name and password (RFC 6749 §2.3.1).
    private static func basicCredentials(_ field: String) -> (String, String)? {
        guard field.lowercased().hasPrefix("basic "), let bytes = Base64.decode(String(field.dropFirst(6)).trimmed),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let id = FormParameters.decode(String(decoding: bytes[..<colon], as: UTF8.self)),
            let secret = FormParameters.decode(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
        else { return nil }
        return (id, secret)
    }
}

extension DemoIdentityProvider.Problem {
    fileprivate init(_ failure: DemoGrants.Failure, what: String) {
        switch failure {
        case .unknown: self.init("invalid_grant", "\(what) is not known")
        case .expired: self.init("invalid_grant", "\(what) is too old")
        case .replayed: self.init("invalid_grant", "\(what) was used before; everything that came of it has ended")
        }
    }
}
