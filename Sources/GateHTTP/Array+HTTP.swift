// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

extension [UInt8] {
    /// Appends ASCII text.
    @inline(__always)
    public mutating func append(ascii text: String) { append(contentsOf: text.utf8) }

    /// Appends a number in decimal digits.
    public mutating func append(decimal value: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
