// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Tells a change that is complete from one that is being made: a pure state machine over what each look at some files found.
///
/// Editors and deployments write files in steps, and half a YAML document is often a valid one, with fewer restrictions in it. So a
/// change counts when two looks in a row have found the same.
struct SettledChange<Found: Equatable & Sendable>: Sendable {
    /// What counted last.
    private var known: Found
    private var candidate: Found?

    init(known: Found) { self.known = known }

    /// Whether a change is complete with this look.
    mutating func look(_ found: Found) -> Bool {
        guard found != known else {
            candidate = nil
            return false
        }
        guard candidate == found else {
            candidate = found
            return false
        }
        known = found
        candidate = nil
        return true
    }
}
