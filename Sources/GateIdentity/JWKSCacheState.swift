// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateOAuth

/// The decisions of a ``JWKSCache``, free of clocks, locks and I/O.
struct JWKSCacheState: Sendable {
    enum Change: Sendable {
        case none
        case renewed(IssuerKeys, isWithdrawal: Bool)
        case failed(KeyLoadFailure, hasKeys: Bool)
    }

    private let policy: KeyRefreshPolicy
    private var keys: IssuerKeys?
    /// `kid`, thumbprint and `alg` of each key, to see what was withdrawn.
    private var identities: Set<String> = []
    private var discovery: OpenIDDiscovery.Document?
    private var discoveredAt: Duration?
    private var failures = 0
    private var lastFailure: KeyLoadFailure?
    private var retryAt: Duration
    private var allowance: RefetchAllowance
    /// Key ids that the newest keys lack, and until when they are not asked for again.
    private var unknown: [String: Duration] = [:]
    /// A ticket is out for a fetch that has not been completed.
    private var isFetchPromised = false
    private(set) var completedLoads = 0
    /// When the background asks next.
    private(set) var refreshDue: Duration

    private static let rememberedUnknown = 512
    private static let unknownFor = Duration.seconds(30)
    private static let discoveryLifetime = Duration.seconds(86_400)

    init(policy: KeyRefreshPolicy, now: Duration) {
        self.policy = policy
        allowance = RefetchAllowance(burst: 2, interval: policy.unknownKeyInterval, now: now)
        retryAt = now
        refreshDue = now
    }

    func usableKeys(at now: Duration) -> IssuerKeys? {
        guard let keys, isDocument || now - keys.fetchedAt < policy.staleLimit else { return nil }
        return keys
    }

    /// Keys that were supplied, not fetched, do not age.
    private(set) var isDocument = false

    // MARK: - Admission

    mutating func admissionToFirstKeys(at now: Duration) -> FetchTicket? {
        guard isFetchPromised || now >= retryAt else { return nil }
        isFetchPromised = true
        return FetchTicket(completedLoads: completedLoads)
    }

    mutating func admissionToRefetch(
        forUnknown keyID: String, at now: Duration, sharedAllowance: () -> Bool
    ) -> FetchTicket? {
        if let until = unknown[keyID] {
            guard now >= until else { return nil }
            unknown[keyID] = nil
        }
        // Whoever comes while a fetch is under way waits for it; it is one fetch for all of them.
        if !isFetchPromised {
            guard allowance.take(at: now), sharedAllowance() else { return nil }
            isFetchPromised = true
        }
        return FetchTicket(completedLoads: completedLoads)
    }

    mutating func remember(unknown keyID: String, after ticket: FetchTicket, at now: Duration) {
        // Only a successful look says that the key does not exist.
        guard lastFailure == nil, completedLoads > ticket.completedLoads, keyID.utf8.count <= 1_024 else { return }
        if unknown.count >= Self.rememberedUnknown {
            unknown = unknown.filter { $0.value > now }
            if unknown.count >= Self.rememberedUnknown { unknown.removeAll(keepingCapacity: true) }
        }
        unknown[keyID] = now + Self.unknownFor
    }

    // MARK: - Loading

    /// The metadata found earlier, unless it is old; every third failure in a row looks whether it has changed.
    func reusableDiscovery(at now: Duration) -> OpenIDDiscovery.Document? {
        guard let discovery, let discoveredAt, now - discoveredAt < Self.discoveryLifetime,
            failures == 0 || failures % 3 != 0
        else { return nil }
        return discovery
    }

    mutating func finish(
        _ result: Result<KeyLoader.Loaded, KeyLoadFailure>, at now: Duration, epoch: ValidityEpoch
    ) -> Change {
        completedLoads += 1
        isFetchPromised = false
        switch result {
        case .failure(let failure):
            failures += 1
            lastFailure = failure
            let pause = policy.pause(afterFailures: failures, hasKeys: usableKeys(at: now) != nil)
            retryAt = now + pause
            refreshDue = max(refreshDue, now + pause)
            if let found = failure.discovery {
                discovery = found
                discoveredAt = now
            }
            return .failed(failure, hasKeys: usableKeys(at: now) != nil)
        case .success(let loaded):
            failures = 0
            lastFailure = nil
            isDocument = loaded.isDocument
            refreshDue = now + policy.lifetime(asked: loaded.lifetime)
            retryAt = now
            if let found = loaded.discovery {
                discovery = found
                discoveredAt = loaded.isNewDiscovery ? now : discoveredAt ?? now
            }
            return install(loaded, at: now, epoch: epoch)
        }
    }

    private mutating func install(_ loaded: KeyLoader.Loaded, at now: Duration, epoch: ValidityEpoch) -> Change {
        let found = Set(
            loaded.verifier.keys.keys.map { "\($0.keyID ?? "") \($0.algorithm?.rawValue ?? "") \($0.thumbprint)" })
        let isWithdrawal = !identities.isSubset(of: found)
        // Verdicts made with a key that is gone must end, and only they can be found all together.
        if isWithdrawal { epoch.advance() }
        let isChange = found != identities
        if isChange { unknown.removeAll(keepingCapacity: true) }
        identities = found
        let installed = IssuerKeys(
            verifier: loaded.verifier, unusableKeyIDs: loaded.unusableKeyIDs,
            documentIssuer: loaded.discovery?.issuer, validity: epoch.validity,
            fetchedAt: now)
        keys = installed
        return isChange ? .renewed(installed, isWithdrawal: isWithdrawal) : .none
    }

    // MARK: - Reports

    func failure(of provider: ProviderID, at now: Duration) -> DependencyFailure {
        let wait = min(max(retryAt - now, .seconds(1)), .seconds(30))
        guard let lastFailure else {
            return DependencyFailure(.keys, provider: provider, detail: "the keys are not here yet", retryAfter: wait)
        }
        return DependencyFailure(
            lastFailure.dependency, provider: provider, detail: lastFailure.detail, retryAfter: wait)
    }

    func status(at now: Duration) -> KeyStatus {
        KeyStatus(
            keyCount: keys?.verifier.keys.keys.count ?? 0, age: keys.map { now - $0.fetchedAt },
            isUsable: usableKeys(at: now) != nil, failuresInARow: failures, lastFailure: lastFailure?.detail,
            skippedKeys: keys?.verifier.keys.skipped ?? [], nextAttempt: max(.zero, refreshDue - now),
            issuer: discovery?.issuer, keySet: discovery?.jwksURI)
    }
}
