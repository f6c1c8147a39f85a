// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The seven turns of a request's life; the only words for them in code, log keys, metric labels and documents.
package enum Phase: String, Sendable, CaseIterable {
    case head, classify, authenticate, authorize, enrich, forward, respond

    /// Its place among ``allCases``.
    package var index: Int {
        switch self {
        case .head: 0
        case .classify: 1
        case .authenticate: 2
        case .authorize: 3
        case .enrich: 4
        case .forward: 5
        case .respond: 6
        }
    }
}
