// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth
package import GateTime

/// Turns a bearer token into a principal, or says that it is not its business.
///
/// Implementations answer `.ready` whenever no I/O is needed: for a JWT whose key is known, always.
package protocol AccessTokenValidator: Sendable {
    var provider: ProviderID { get }
    func validate(_ token: BearerToken, at now: Instant) -> Eventually<TokenVerdict>
}
