// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A fast 64-bit hash of octets under a secret random seed: multiply and fold, eight octets at a time.
///
/// Not a cryptographic hash: whoever uses it compares the octets too. The seed only keeps strangers from choosing
/// colliding inputs.
@usableFromInline
struct SeededHash: Sendable {
    private let seed: UInt64
    private let multiplier: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        seed = generator.next()
        multiplier = generator.next() | 1
    }

    @usableFromInline
    func value(of octets: Span<UInt8>) -> UInt64 {
        let bytes = octets.bytes
        let count = bytes.byteCount
        var state = seed ^ UInt64(truncatingIfNeeded: count)
        var offset = 0
        while offset + 8 <= count {
            // Bounds-checked, and every bit pattern is a UInt64.
            state = fold(state ^ bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < count {
            rest = rest << 8 | UInt64(octets[offset])
            offset += 1
        }
        return fold(fold(state ^ rest) &+ seed)
    }

    private func fold(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: multiplier)
        return product.high ^ product.low &+ (value << 32 | value >> 32)
    }
}

extension Span<UInt8> {
    /// Whether both hold the same octets in the same order.
    @usableFromInline
    func holdsSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        let (mine, others) = (bytes, other.bytes)
        var offset = 0
        while offset + 8 <= count {
            // Bounds-checked, and every bit pattern is a UInt64.
            let a = mine.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let b = others.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if a != b { return false }
            offset += 8
        }
        while offset < count {
            if self[offset] != other[offset] { return false }
            offset += 1
        }
        return true
    }
}
