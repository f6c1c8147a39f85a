// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// One thing that happened in the demo, in a person's words.
package struct DemoStep: Sendable, Hashable {
    package enum Place: String, Sendable, CaseIterable { case gate, provider, server }

    package var place: Place
    /// False for refusals, which are shown differently.
    package var isGood: Bool
    package var text: String

    package init(_ place: Place, _ text: String, isGood: Bool = true) {
        self.place = place
        self.isGood = isGood
        self.text = text
    }
}

/// Where steps are told.
package typealias DemoObserver = @Sendable (DemoStep) -> Void
