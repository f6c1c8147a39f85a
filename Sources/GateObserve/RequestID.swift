// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Synchronization

/// 128 bits that name one request in logs, audit events and problem documents: unique, not secret.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new identifier; costs one atomic addition, no system call and no lock.
    package static func make() -> RequestID { IdentifierSource.shared.next() }

    /// Reads what ``hex`` wrote; nil for anything else.
    package init?(hex text: String) {
        let octets = Array(text.utf8)
        guard octets.count == 32, let high = Hexadecimal.read(octets.span, from: 0, digits: 16),
            let low = Hexadecimal.read(octets.span, from: 16, digits: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// 32 lower-case hexadecimal digits.
    package var hex: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``hex`` as ASCII octets.
    package func append(to bytes: inout [UInt8]) {
        Hexadecimal.append(high, to: &bytes)
        Hexadecimal.append(low, to: &bytes)
    }

    package var description: String { hex }
}

/// Numbers that never repeat within the process and, but for chance, nowhere else.
///
/// A counter is mixed with two random words that are drawn once; SplitMix64's finaliser is a bijection, so that two
/// counts never give the same pair. Not for secrets: whoever sees one identifier may guess the next.
final class IdentifierSource: Sendable {
    static let shared = IdentifierSource()

    private let counter = Atomic<UInt64>(0)
    private let highSeed: UInt64
    private let lowSeed: UInt64

    init() {
        var random = SystemRandomNumberGenerator()
        highSeed = random.next()
        lowSeed = random.next()
    }

    /// Never zero in either word, as W3C trace identifiers require.
    func next() -> RequestID {
        let count = counter.wrappingAdd(1, ordering: .relaxed).newValue
        let step = count &* 0x9E37_79B9_7F4A_7C15
        let high = Self.mix(highSeed &+ step)
        let low = Self.mix(lowSeed ^ step)
        return RequestID(high: high == 0 ? 1 : high, low: low == 0 ? 1 : low)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Lower-case hexadecimal, written and read without tables of strings.
enum Hexadecimal {
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: 16) { output in
            for position in 1...16 {
                output.append(digit(UInt8(truncatingIfNeeded: value >> UInt64(64 - 4 * position)) & 0x0F))
            }
        }
    }

    static func append(_ value: UInt8, to bytes: inout [UInt8]) {
        bytes.append(digit(value >> 4))
        bytes.append(digit(value & 0x0F))
    }

    /// The number that `digits` lower-case digits from `start` on write, or nil if one of them is something else.
    static func read(_ bytes: Span<UInt8>, from start: Int, digits: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in start..<(start + digits) {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
