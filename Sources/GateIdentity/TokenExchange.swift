// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth

/// Asks a provider's token endpoint (RFC 6749 §3.2, §5).
struct TokenExchange: Sendable {
    let api: ProviderAPI
    let deadline: Duration

    func redeem(_ token: TokenRequest, at endpoint: HTTPURL) async throws(SignInFailure) -> TokenResponse {
        var fields: [FetchedResponse.Field] = [
            .init("content-type", "application/x-www-form-urlencoded"), .init("accept", "application/json"),
        ]
        if let authorization = token.authorization { fields.append(.init("authorization", authorization.revealed)) }
        let request = FetchRequest(
            .post, endpoint, fields: fields, body: Array(token.parameters.encoded.utf8), deadline: deadline)
        let answer: ProviderAPI.Answer
        do throws(DependencyFailure) {
            answer = try await api.ask(request, ownCredentialsRefused: [])
        } catch {
            throw .unavailable(error)
        }
        // GitHub answers 200 with an error.
        if let object = answer.object, let code = object["error"]?.string {
            throw .provider(OAuthError(OAuthError.Code(code), object["error_description"]?.string))
        }
        guard answer.status == 200, let object = answer.object else {
            throw .unavailable(api.failure("\(endpoint.host) gave no tokens (\(answer.status))"))
        }
        do throws(TokenResponse.ParseError) {
            return try TokenResponse(parsing: JSONValue.object(object).serialized())
        } catch {
            throw .unavailable(api.failure("\(endpoint.host) gave an answer with a bad \(error.member)"))
        }
    }
}
