// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What a sealed box is for: each purpose has keys of its own, so that a box made for one never opens as another.
package struct SealPurpose: Sendable, Hashable, RawRepresentable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// A browser's session.
    package static let session = SealPurpose(rawValue: "session")
    /// A sign-in that is under way.
    package static let signIn = SealPurpose(rawValue: "sign-in")
}
