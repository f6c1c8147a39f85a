// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateTime

/// One shard of a ``TokenCache``: a chained hash table over an array of entries with CLOCK eviction.
///
/// Written out instead of using `Dictionary`, because that cannot be asked with a `Span` without making a key first.
/// Looking up is inlinable, so that it is compiled for the value it finds: by way of witness tables it costs several times as much.
@usableFromInline
struct TokenTable<Value: Sendable> {
    /// An object, so that looking at one copies nothing.
    @usableFromInline
    final class Entry {
        @usableFromInline let hash: UInt64
        @usableFromInline let token: [UInt8]
        @usableFromInline let value: Value
        @usableFromInline let until: Instant
        @usableFromInline let validity: Validity
        let cost: Int
        /// Set at every hit; the clock hand takes it away and evicts what has none.
        @usableFromInline var isRecent = false
        /// The next entry of the same bucket, or ``TokenTable/none``.
        @usableFromInline var next = none

        init(hash: UInt64, token: [UInt8], value: Value, until: Instant, validity: Validity, cost: Int) {
            self.hash = hash
            self.token = token
            self.value = value
            self.until = until
            self.validity = validity
            self.cost = cost
        }
    }

    private let maximumCount: Int
    private let maximumBytes: Int
    @usableFromInline var entries: [Entry?] = []
    private var free: [Int32] = []
    @usableFromInline var buckets: [Int32] = []
    private var hand = 0
    private var bytes = 0
    private(set) var count = 0

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    @inlinable
    mutating func find(_ token: Span<UInt8>, hash: UInt64, at now: Instant) -> Value? {
        guard let index = index(of: token, hash: hash), let entry = entries[index] else { return nil }
        guard now < entry.until, entry.validity.isCurrent else {
            removeEntry(at: index)
            return nil
        }
        entry.isRecent = true
        return entry.value
    }

    mutating func insert(_ entry: Entry) {
        guard entry.cost <= maximumBytes else { return }
        let token = entry.token
        remove(token.span, hash: entry.hash)
        while count > 0 && (count >= maximumCount || bytes + entry.cost > maximumBytes) { evictOne() }
        if buckets.isEmpty || count >= buckets.count { grow() }

        let bucket = bucket(of: entry.hash)
        entry.next = buckets[bucket]
        let index: Int
        if let reused = free.popLast() {
            index = Int(reused)
            entries[index] = entry
        } else {
            index = entries.count
            entries.append(entry)
        }
        buckets[bucket] = Int32(index)
        bytes += entry.cost
        count += 1
    }

    mutating func remove(_ token: Span<UInt8>, hash: UInt64) {
        if let index = index(of: token, hash: hash) { removeEntry(at: index) }
    }

    mutating func removeAll() {
        self = TokenTable(maximumCount: maximumCount, maximumBytes: maximumBytes)
    }

    // MARK: - Buckets

    @usableFromInline static var none: Int32 { -1 }

    @inlinable
    func bucket(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (buckets.count - 1) }

    @inlinable
    func index(of token: Span<UInt8>, hash: UInt64) -> Int? {
        guard !buckets.isEmpty else { return nil }
        var index = buckets[bucket(of: hash)]
        while index >= 0 {
            guard let entry = entries[Int(index)] else { return nil }
            if entry.hash == hash {
                let known = entry.token
                if known.span.holdsSameBytes(as: token) { return Int(index) }
            }
            index = entry.next
        }
        return nil
    }

    @usableFromInline
    mutating func removeEntry(at index: Int) {
        guard let entry = entries[index] else { return }
        let bucket = bucket(of: entry.hash)
        if buckets[bucket] == Int32(index) {
            buckets[bucket] = entry.next
        } else {
            var previous = Int(buckets[bucket])
            while previous >= 0, let candidate = entries[previous], candidate.next != Int32(index) {
                previous = Int(candidate.next)
            }
            if previous >= 0 { entries[previous]?.next = entry.next }
        }
        entries[index] = nil
        free.append(Int32(index))
        bytes -= entry.cost
        count -= 1
    }

    /// Moves the hand until it finds an entry that was not asked for since it last passed; at most two rounds.
    private mutating func evictOne() {
        while count > 0 {
            hand = hand + 1 < entries.count ? hand + 1 : 0
            guard let entry = entries[hand] else { continue }
            if entry.isRecent {
                entry.isRecent = false
            } else {
                removeEntry(at: hand)
                return
            }
        }
    }

    private mutating func grow() {
        let size = Swift.max(16, buckets.count * 2)
        buckets = Array(repeating: Self.none, count: size)
        for index in entries.indices {
            guard let hash = entries[index]?.hash else { continue }
            let bucket = bucket(of: hash)
            entries[index]?.next = buckets[bucket]
            buckets[bucket] = Int32(index)
        }
    }
}
