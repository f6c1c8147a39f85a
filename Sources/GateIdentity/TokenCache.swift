// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateOAuth
public import GateTime
public import Synchronization

/// Verdicts about bearer tokens, found again by the whole token.
///
/// ```swift
/// if let verdict = cache.value(for: credential, at: now) { return verdict }   // no allocation, no copy
/// cache.store(verdict, for: token, until: validated.validUntil, validity: validated.validity)
/// ```
/// An entry answers only for exactly the octets it was stored for, only before its end, and only while its ``Validity``
/// is current. The hash is seeded at random for each cache, so that a client cannot choose tokens that collide.
/// Count and bytes are bounded; entries that are not asked for go first (CLOCK). A cache belongs to one policy:
/// never share one between resources that decide differently.
public final class TokenCache<Value: Sendable>: Sendable {
    package struct Configuration: Sendable, Hashable {
        /// How many tokens at most; at least one for each shard.
        package var maximumCount: Int
        /// How many octets of tokens, with an estimate for each value, at most.
        package var maximumBytes: Int
        /// Power of two; how many locks the entries are spread over.
        package var shardCount: Int
        /// What a value is taken to cost in memory.
        package var bytesPerValue: Int

        package init(
            maximumCount: Int = 20_000, maximumBytes: Int = 64 << 20, shardCount: Int = 16, bytesPerValue: Int = 1_024
        ) {
            self.maximumCount = maximumCount
            self.maximumBytes = maximumBytes
            self.shardCount = shardCount
            self.bytesPerValue = bytesPerValue
        }
    }

    @usableFromInline let shards: [Shard]
    @usableFromInline let shardMask: Int
    @usableFromInline let hash: SeededHash
    private let bytesPerValue: Int

    package init(_ configuration: Configuration = Configuration()) {
        let wanted = Swift.max(1, Swift.min(configuration.shardCount, configuration.maximumCount, 256))
        var count = 1
        while count * 2 <= wanted { count *= 2 }
        let countEach = Swift.max(1, configuration.maximumCount / count)
        let bytesEach = Swift.max(1, configuration.maximumBytes / count)
        shards = (0..<count).map { _ in Shard(maximumCount: countEach, maximumBytes: bytesEach) }
        shardMask = count - 1
        hash = SeededHash()
        bytesPerValue = configuration.bytesPerValue
    }

    /// The value stored for exactly these octets, if it still holds at `now`.
    @inlinable
    public func value(for token: Span<UInt8>, at now: Instant) -> Value? {
        let key = hash.value(of: token)
        return shards[shardIndex(key)].table.withLock { $0.find(token, hash: key, at: now) }
    }

    /// Keeps a value until `until`, exclusively, or until `validity` ends; replaces what was there.
    package func store(_ value: Value, for token: BearerToken, until: Instant, validity: Validity) {
        let key = hash.value(of: token.bytes.span)
        let cost = token.bytes.count + bytesPerValue
        shards[shardIndex(key)].table.withLock {
            $0.insert(
                TokenTable.Entry(
                    hash: key, token: token.bytes, value: value, until: until, validity: validity, cost: cost))
        }
    }

    package func remove(_ token: Span<UInt8>) {
        let key = hash.value(of: token)
        shards[shardIndex(key)].table.withLock { $0.remove(token, hash: key) }
    }

    package func removeAll() {
        for shard in shards { shard.table.withLock { $0.removeAll() } }
    }

    /// How many entries are held, including those that no longer answer.
    package var count: Int { shards.reduce(0) { $0 + $1.table.withLock { $0.count } } }

    @inlinable
    func shardIndex(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 48) & shardMask }

    @usableFromInline
    final class Shard: Sendable {
        @usableFromInline let table: Mutex<TokenTable<Value>>

        init(maximumCount: Int, maximumBytes: Int) {
            table = Mutex(TokenTable(maximumCount: maximumCount, maximumBytes: maximumBytes))
        }
    }
}
