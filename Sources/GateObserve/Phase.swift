// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The seven turns of a request's life; the only words for them in code, log keys, metric labels and documents.
package enum Phase: String, Sendable, CaseIterable {
    case head, classify, authenticate, authorize, enrich, forward, respond
}
