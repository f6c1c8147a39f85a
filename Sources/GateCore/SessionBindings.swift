// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import Synchronization

/// Who an MCP session belongs to.
struct SessionOwner: Sendable, Hashable {
    let issuer: IssuerURL
    let subject: String
    let client: ClientID?
}

/// Which principal each MCP session belongs to (MCP security best practices, "Session Hijacking"; requirement SES-02).
///
/// A session id is no credential: with another principal's valid token it is answered as unknown. Ids are learnt from the upstream's
/// answers; one that was never seen (the gate was restarted) belongs to whoever uses it first. Bounded: the oldest half goes first.
final class SessionBindings: Sendable {
    private struct State {
        var recent: [[UInt8]: SessionOwner] = [:]
        var older: [[UInt8]: SessionOwner] = [:]
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int = 50_000) { self.capacity = capacity }

    /// Records the owner of an id that the upstream has just handed out.
    func bind(_ id: [UInt8], to owner: SessionOwner) {
        state.withLock { state in insert(id, owner, &state) }
    }

    /// True when the owner may use the id; an unknown id becomes theirs.
    func admits(_ id: [UInt8], _ owner: SessionOwner) -> Bool {
        state.withLock { state in
            if let known = state.recent[id] { return known == owner }
            if let known = state.older[id] {
                guard known == owner else { return false }
                insert(id, owner, &state)
                return true
            }
            insert(id, owner, &state)
            return true
        }
    }

    /// True when somebody owns the id, so that a caller without a token may not use it.
    func isOwned(_ id: [UInt8]) -> Bool {
        state.withLock { $0.recent[id] != nil || $0.older[id] != nil }
    }

    private func insert(_ id: [UInt8], _ owner: SessionOwner, _ state: inout State) {
        if state.recent.count >= capacity / 2 {
            state.older = state.recent
            state.recent = [:]
        }
        state.recent[id] = owner
    }
}
