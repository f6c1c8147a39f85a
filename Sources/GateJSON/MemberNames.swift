// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The names of all objects that are open at one time; tells when a name comes twice.
///
/// Small objects are searched by comparing an eight-octet digest with each earlier name. Once an object has more than
/// ``narrow`` members its names go into one hash table (keyed per process, so that nobody can choose colliding names),
/// which keeps the cost of any document linear.
struct MemberNames: Sendable {
    private struct Entry {
        let range: Range<Int>
        let hasEscapes: Bool
        /// The first eight octets of the text.
        let digest: UInt64
    }

    /// An open object.
    struct Frame: Sendable {
        /// Index of its first name.
        let first: Int
        /// Differs from that of every other object of the document.
        let serial: Int
    }

    private static let narrow = 12

    private var entries: [Entry] = []
    private var serial = 0
    /// Open addressing with linear probing; holds index into `entries` + 1 for each name of a wide object.
    ///
    /// Names leave in exactly the reverse of the order in which they came, so clearing a slot never breaks a chain.
    private var slots: [Int32] = []
    private var used: [(index: Int, hash: Int)] = []

    mutating func beginObject() -> Frame {
        if serial == 0 { entries.reserveCapacity(24) }
        serial += 1
        return Frame(first: entries.count, serial: serial)
    }

    mutating func endObject(_ frame: Frame) {
        while let last = used.last, last.index >= frame.first {
            clear(last)
            used.removeLast()
        }
        entries.removeLast(entries.count - frame.first)
    }

    /// Adds a name of the innermost object; false when it has that name already.
    mutating func insert(_ range: Range<Int>, hasEscapes: Bool, of frame: Frame, in bytes: Span<UInt8>) -> Bool {
        let new = Entry(range: range, hasEscapes: hasEscapes, digest: Self.digest(range, hasEscapes, bytes))
        let count = entries.count - frame.first
        if count < Self.narrow {
            for index in frame.first..<entries.count
            where entries[index].digest == new.digest && Self.areEqual(entries[index], new, bytes) {
                return false
            }
            entries.append(new)
            return true
        }
        if count == Self.narrow {
            for index in frame.first..<entries.count {
                _ = enter(index, of: frame, bytes)
            }
        }
        entries.append(new)
        return enter(entries.count - 1, of: frame, bytes)
    }

    /// Puts a name into the table; false when an equal one is there.
    private mutating func enter(_ index: Int, of frame: Frame, _ bytes: Span<UInt8>) -> Bool {
        let hash = Self.hash(entries[index], frame.serial, bytes)
        if (used.count + 1) * 2 > slots.count { grow() }
        let mask = slots.count - 1
        var slot = hash & mask
        while slots[slot] != 0 {
            let other = Int(slots[slot]) - 1
            if other >= frame.first, entries[other].digest == entries[index].digest,
                Self.areEqual(entries[other], entries[index], bytes)
            {
                return false
            }
            slot = (slot + 1) & mask
        }
        slots[slot] = Int32(truncatingIfNeeded: index + 1)
        used.append((index, hash))
        return true
    }

    private mutating func clear(_ name: (index: Int, hash: Int)) {
        let mask = slots.count - 1
        var slot = name.hash & mask
        while slots[slot] != Int32(truncatingIfNeeded: name.index + 1) { slot = (slot + 1) & mask }
        slots[slot] = 0
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: max(slots.count * 2, 64))
        let mask = slots.count - 1
        for name in used {
            var slot = name.hash & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(truncatingIfNeeded: name.index + 1)
        }
    }

    private static func digest(_ range: Range<Int>, _ hasEscapes: Bool, _ bytes: Span<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        if hasEscapes {
            for byte in JSONString.unescaped(range, in: bytes).prefix(8) { value = value << 8 | UInt64(byte) }
        } else {
            for index in range.prefix(8) { value = value << 8 | UInt64(bytes[index]) }
        }
        return value
    }

    private static func hash(_ entry: Entry, _ serial: Int, _ bytes: Span<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(serial)
        var word: UInt64 = 1
        func feed(_ byte: UInt8) {
            word = word << 8 | UInt64(byte)
            if word >= 1 << 56 {
                hasher.combine(word)
                word = 1
            }
        }
        if entry.hasEscapes {
            for byte in JSONString.unescaped(entry.range, in: bytes) { feed(byte) }
        } else {
            for index in entry.range { feed(bytes[index]) }
        }
        hasher.combine(word)
        return hasher.finalize()
    }

    private static func areEqual(_ a: Entry, _ b: Entry, _ bytes: Span<UInt8>) -> Bool {
        if a.hasEscapes || b.hasEscapes {
            return JSONString.unescaped(a.range, in: bytes) == JSONString.unescaped(b.range, in: bytes)
        }
        guard a.range.count == b.range.count else { return false }
        for offset in 0..<a.range.count
        where bytes[a.range.lowerBound + offset] != bytes[b.range.lowerBound + offset] {
            return false
        }
        return true
    }
}
