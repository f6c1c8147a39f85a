// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateSeal
import Testing

@Suite("Sealed boxes")
struct KeyRingTests {
    private static let first = [UInt8](0..<32)
    private static let second = [UInt8](100..<140)
    private let octets = Array("who signed in".utf8)

    @Test("what was sealed opens, for the same purpose and context")
    func roundTrip() throws {
        let ring = try KeyRing(secrets: [Self.first])
        for size in [0, 1, 15, 16, 17, 5_000] {
            let octets = [UInt8](repeating: 7, count: size)
            let box = ring.seal(octets, for: .session, context: [1, 2])
            #expect(box.count == size + KeyRing.overhead)
            #expect(ring.open(box, for: .session, context: [1, 2]) == octets)
        }
    }

    @Test("a box opens for no other purpose, context or key (D24)")
    func separation() throws {
        let ring = try KeyRing(secrets: [Self.first])
        let box = ring.seal(octets, for: .session, context: [1])

        #expect(ring.open(box, for: .signIn, context: [1]) == nil)
        #expect(ring.open(box, for: .session) == nil)
        #expect(ring.open(box, for: .session, context: [2]) == nil)
        #expect(try KeyRing(secrets: [Self.second]).open(box, for: .session, context: [1]) == nil)
    }

    @Test("a box that was changed in any bit, cut or extended does not open (D24)")
    func tampering() throws {
        let ring = try KeyRing(secrets: [Self.first])
        let box = ring.seal(octets, for: .session)
        for index in box.indices {
            for bit in 0..<8 {
                var changed = box
                changed[index] ^= 1 << UInt8(bit)
                #expect(ring.open(changed, for: .session) == nil, "octet \(index), bit \(bit)")
            }
            #expect(ring.open(Array(box[..<index]), for: .session) == nil)
        }
        #expect(ring.open(box + [0], for: .session) == nil)
        #expect(ring.open([], for: .session) == nil)
    }

    @Test("the first secret seals, all open: keys rotate without signing anybody out")
    func rotation() throws {
        let old = try KeyRing(secrets: [Self.first]).seal(octets, for: .session)
        let rotated = try KeyRing(secrets: [Self.second, Self.first])

        #expect(rotated.open(old, for: .session) == octets)
        let new = rotated.seal(octets, for: .session)
        #expect(try KeyRing(secrets: [Self.second]).open(new, for: .session) == octets)
        #expect(try KeyRing(secrets: [Self.first]).open(new, for: .session) == nil)
    }

    @Test("two boxes of the same octets have nothing in common but their head")
    func nonces() throws {
        let ring = try KeyRing(secrets: [Self.first])
        let boxes = (0..<50).map { _ in ring.seal(octets, for: .session) }

        #expect(Set(boxes.map { Array($0[5..<17]) }).count == 50)
        #expect(Set(boxes.map { Array($0[..<5]) }).count == 1)
    }

    @Test("secrets that protect nothing are refused")
    func weakSecrets() {
        #expect(throws: SealError.noSecret) { try KeyRing(secrets: []) }
        #expect(throws: SealError.weakSecret(0)) { try KeyRing(secrets: [[UInt8](0..<31)]) }
        #expect(throws: SealError.weakSecret(1)) {
            try KeyRing(secrets: [Self.first, [UInt8](repeating: 0x30, count: 64)])
        }
        #expect(throws: SealError.repeatedSecret(2)) {
            try KeyRing(secrets: [Self.first, Self.second, Self.first])
        }
    }

    @Test("identifiers have as much randomness as is asked for, and never repeat")
    func identifiers() {
        let all = (0..<1_000).map { _ in RandomID.make() }

        #expect(Set(all).count == 1_000 && all.allSatisfy { $0.utf8.count == 22 })
        #expect(RandomID.make(octets: 32).utf8.count == 43)
    }
}
