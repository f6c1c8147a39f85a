// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateOAuth
import GateTestKit
import GateTime
import Testing

@Suite("Token cache")
struct TokenCacheTests {
    static let now = FixedClock.start
    static let later = now + .seconds(60)

    private func token(_ text: String) -> BearerToken { BearerToken(Array(text.utf8)) }

    @Test(
        "a verdict answers for exactly the octets it was stored for",
        arguments: [
            "", "a", "abcdefg", "abcdefgh", "abcdefghi", String(repeating: "x", count: 700),
        ])
    func exactOctets(_ text: String) {
        let cache = TokenCache<Int>()
        cache.store(1, for: token(text), until: Self.later, validity: .unconditional)

        #expect(cache.value(for: token(text).bytes.span, at: Self.now) == 1)
        #expect(cache.value(for: token(text + "x").bytes.span, at: Self.now) == nil)
        for index in text.utf8.indices {
            var octets = Array(text.utf8)
            octets[text.utf8.distance(from: text.utf8.startIndex, to: index)] ^= 1
            #expect(cache.value(for: octets.span, at: Self.now) == nil)
        }
    }

    @Test("a verdict ends at its instant, exclusively")
    func ends() {
        let cache = TokenCache<Int>()
        cache.store(1, for: token("t"), until: Self.later, validity: .unconditional)

        #expect(cache.value(for: token("t").bytes.span, at: Self.now + .milliseconds(59_999)) == 1)
        #expect(cache.value(for: token("t").bytes.span, at: Self.later) == nil)
        #expect(cache.count == 0)
        // Not even if the clock goes back.
        #expect(cache.value(for: token("t").bytes.span, at: Self.now) == nil)
    }

    @Test("a verdict ends with the keys it was made with")
    func epoch() {
        let cache = TokenCache<Int>()
        let epoch = ValidityEpoch()
        cache.store(1, for: token("t"), until: Self.later, validity: epoch.validity)
        cache.store(2, for: token("u"), until: Self.later, validity: .unconditional)

        epoch.advance()

        #expect(cache.value(for: token("t").bytes.span, at: Self.now) == nil)
        #expect(cache.value(for: token("u").bytes.span, at: Self.now) == 2)
        cache.store(3, for: token("t"), until: Self.later, validity: epoch.validity)
        #expect(cache.value(for: token("t").bytes.span, at: Self.now) == 3)
    }

    @Test("storing again replaces, removing removes")
    func replaces() {
        let cache = TokenCache<Int>()
        cache.store(1, for: token("t"), until: Self.later, validity: .unconditional)
        cache.store(2, for: token("t"), until: Self.later, validity: .unconditional)
        #expect(cache.value(for: token("t").bytes.span, at: Self.now) == 2)
        #expect(cache.count == 1)

        cache.remove(token("t").bytes.span)
        #expect(cache.value(for: token("t").bytes.span, at: Self.now) == nil)
        cache.store(1, for: token("t"), until: Self.later, validity: .unconditional)
        cache.removeAll()
        #expect(cache.count == 0)
    }

    @Test(
        "count and bytes stay within their bounds",
        arguments: [
            TokenCache<Int>.Configuration(maximumCount: 100, maximumBytes: 1 << 20, shardCount: 4, bytesPerValue: 10),
            TokenCache<Int>.Configuration(maximumCount: 10_000, maximumBytes: 10_000, shardCount: 1, bytesPerValue: 90),
            TokenCache<Int>.Configuration(maximumCount: 1, maximumBytes: 1_000, shardCount: 16, bytesPerValue: 0),
        ])
    func bounds(_ configuration: TokenCache<Int>.Configuration) {
        let cache = TokenCache<Int>(configuration)
        for number in 0..<5_000 {
            cache.store(number, for: token("token-\(number)"), until: Self.later, validity: .unconditional)
            #expect(cache.count <= min(configuration.maximumCount, 111))
        }
        #expect(cache.value(for: token("token-4999").bytes.span, at: Self.now) == 4_999)
    }

    @Test("what is asked for stays when there is no room for all")
    func keepsRecent() {
        let cache = TokenCache<Int>(.init(maximumCount: 50, shardCount: 1))
        for number in 0..<10 {
            cache.store(number, for: token("hot-\(number)"), until: Self.later, validity: .unconditional)
        }
        for number in 0..<1_000 {
            cache.store(number, for: token("cold-\(number)"), until: Self.later, validity: .unconditional)
            for hot in 0..<10 {
                #expect(cache.value(for: token("hot-\(hot)").bytes.span, at: Self.now) == hot)
            }
        }
    }

    @Test("a token that is larger than the whole cache is not kept")
    func tooLarge() {
        let cache = TokenCache<Int>(.init(maximumCount: 10, maximumBytes: 100, shardCount: 1, bytesPerValue: 0))
        cache.store(1, for: token("small"), until: Self.later, validity: .unconditional)
        cache.store(2, for: token(String(repeating: "x", count: 101)), until: Self.later, validity: .unconditional)

        #expect(cache.count == 1)
        #expect(cache.value(for: token("small").bytes.span, at: Self.now) == 1)
    }

    @Test("random operations agree with a dictionary")
    func model() {
        var generator = SeededGenerator(seed: 7)
        let cache = TokenCache<Int>(.init(maximumCount: 100_000, shardCount: 2))
        var model: [String: Int] = [:]
        for step in 0..<20_000 {
            let name = "t\(generator.next() % 3_000)"
            switch generator.next() % 4 {
            case 0, 1:
                cache.store(step, for: token(name), until: Self.later, validity: .unconditional)
                model[name] = step
            case 2:
                cache.remove(token(name).bytes.span)
                model[name] = nil
            default:
                #expect(cache.value(for: token(name).bytes.span, at: Self.now) == model[name])
            }
        }
        #expect(cache.count == model.count)
    }

    @Test("many threads at once")
    func concurrent() async {
        let cache = TokenCache<Int>(.init(maximumCount: 200, shardCount: 4))
        await withDiscardingTaskGroup { group in
            for worker in 0..<8 {
                group.addTask {
                    for number in 0..<2_000 {
                        let bytes = Array("t\(number % 300)".utf8)
                        if (number + worker) % 3 == 0 {
                            cache.store(
                                number % 300, for: BearerToken(bytes), until: Self.later, validity: .unconditional)
                        } else if let found = cache.value(for: bytes.span, at: Self.now) {
                            #expect(found == number % 300)
                        }
                    }
                }
            }
        }
        #expect(cache.count <= 200)
    }
}
