// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth

/// One call to a provider's API, with its failures told apart: an answer, or nobody there.
struct ProviderAPI: Sendable {
    /// An answer that is about the token.
    struct Answer: Sendable {
        let status: Int
        /// Nil when the body is not a JSON object.
        let object: JSONObject?
    }

    /// For one question, from look-up to last octet; below the three seconds that a request may wait.
    static let deadline = Duration.milliseconds(2_500)

    let provider: ProviderID
    let dependency: DependencyFailure.Dependency
    let fetcher: any HTTPFetching
    let egress: EgressPolicy
    let clock: any IdentityClock

    /// - Throws: ``DependencyFailure`` when there is no answer, or one that says that the provider cannot say: 5xx,
    /// 429, a   redirect, or 401 where our own credentials are the ones that were refused.
    func ask(
        _ request: FetchRequest, ownCredentialsRefused: Set<Int> = [401]
    ) async throws(DependencyFailure) -> Answer {
        var request = request
        request.deadline = request.deadline ?? ProviderAPI.deadline
        let response: FetchedResponse
        do throws(FetchError) {
            response = try await fetcher.fetch(request, under: egress)
        } catch {
            throw failure(error.message)
        }
        let retryAfter = response.retryAfter(receivedAt: clock.wall)
        if ownCredentialsRefused.contains(response.status) {
            throw failure("\(request.url.host) refused the gate's own credentials (\(response.status))", retryAfter)
        }
        switch response.status {
        case 200..<300, 400..<429, 430..<500:
            var object: JSONObject?
            // Junk is told apart by the caller: from a server that answers 200 it is an outage.
            do throws(JSONError) { object = try JSONValue.parse(response.body).object } catch { object = nil }
            return Answer(status: response.status, object: object)
        default:
            throw failure("\(request.url.host) answered \(response.status)", retryAfter)
        }
    }

    func failure(_ detail: String, _ retryAfter: Duration? = nil) -> DependencyFailure {
        DependencyFailure(
            dependency, provider: provider, detail: detail, retryAfter: max(retryAfter ?? .seconds(5), .seconds(1)))
    }
}

extension DependencyFailure: Error {}
