// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth

/// A provider that cannot work as it is configured; the operator has to act.
package struct IdentityError: Error, Sendable, Hashable, CustomStringConvertible {
    package let provider: ProviderID
    package let message: String

    package init(_ provider: ProviderID, _ message: String) {
        self.provider = provider
        self.message = message
    }

    package var description: String { "provider \(provider): \(message)" }
}
