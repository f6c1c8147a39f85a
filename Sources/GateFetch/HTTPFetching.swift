// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Sends one outbound request and brings the whole answer, within a deadline, a size and an egress policy.
///
/// Implementations follow no redirects, keep no cookies and answer with an error within the request's deadline.
package protocol HTTPFetching: Sendable {
    /// - Throws: ``FetchError`` when there is no complete answer; a status of 400 or 500 is an answer.
    func fetch(_ request: FetchRequest, under policy: EgressPolicy) async throws(FetchError) -> FetchedResponse
}
