// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateTime

extension DemoIdentityProvider {
    /// Registers any client that asks (RFC 7591 §3).
    func register(_ request: DemoRequest) -> DemoResponse {
        guard let metadata = (try? JSONValue.parse(request.body))?.object else {
            return Self.error(400, "invalid_client_metadata", "the body must be a JSON object")
        }
        do {
            let client = try DemoClient(registering: metadata)
            var answer: JSONObject = [
                "client_id": .string(client.id),
                "client_id_issued_at": .number(JSONNumber(clock.now.seconds)),
                "client_name": .string(client.name),
                "redirect_uris": .array(client.redirectURIs.map { .string($0.text) }),
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": .string(client.authenticationMethod),
                "scope": .string(allScopes.joined(separator: " ")),
            ]
            if !client.isPublic {
                answer["client_secret"] = .string(client.secret(under: clientSecretKey))
                answer["client_secret_expires_at"] = 0
            }
            let destinations = Set(client.redirectURIs.map(\.destination)).sorted().joined(separator: ", ")
            observer(DemoStep(.provider, "registered '\(client.name)', whose answers go to \(destinations)"))
            return .json(201, JSONValue.object(answer).serialized(), [("Cache-Control", "no-store")])
        } catch {
            switch error {
            case .redirectURI(let reason): return refuseRegistration("invalid_redirect_uri", reason)
            case .metadata(let reason): return refuseRegistration("invalid_client_metadata", reason)
            }
        }
    }

    private func refuseRegistration(_ code: String, _ reason: String) -> DemoResponse {
        observer(DemoStep(.provider, "refused a registration: \(reason)", isGood: false))
        return Self.error(400, code, reason)
    }
}
