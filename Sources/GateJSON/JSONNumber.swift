// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A JSON number, kept as it was written (RFC 8259 §6).
///
/// Readers disagree about large and fractional numbers; keeping the text leaves the choice, and the range check, to
/// whoever uses the number. Two numbers are equal when they are written alike.
public struct JSONNumber: Sendable, Hashable {
    /// The number exactly as in the document.
    public let text: String

    /// `text` must have passed the scanner.
    init(validated text: String) {
        self.text = text
    }

    public init(_ value: some BinaryInteger) {
        text = String(value)
    }

    /// Fails for infinities and NaN, which JSON cannot write.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = String(describing: value)
    }

    /// The value if it is integral and fits 64 bits: `1000`, `1e3` and `1000.0` are all one thousand.
    public var int64: Int64? {
        if let plain = Int64(text) { return plain }
        var negative = false
        var digits: [UInt8] = []
        var fraction = 0
        var exponent = 0
        var exponentNegative = false
        var part = Part.integer
        for byte in text.utf8 {
            switch (byte, part) {
            case (UInt8(ascii: "-"), .exponent): exponentNegative = true
            case (UInt8(ascii: "-"), _): negative = true
            case (UInt8(ascii: "+"), _): break
            case (UInt8(ascii: "."), _): part = .fraction
            case (UInt8(ascii: "e"), _), (UInt8(ascii: "E"), _): part = .exponent
            case (_, .exponent): exponent = min(exponent * 10 + Int(byte - 0x30), 1_000_000_000)
            case (_, .integer): digits.append(byte - 0x30)
            case (_, .fraction):
                digits.append(byte - 0x30)
                fraction += 1
            }
        }
        // The value is digits × 10^scale.
        while digits.last == 0 {
            digits.removeLast()
            fraction -= 1
        }
        guard digits.contains(where: { $0 != 0 }) else { return 0 }
        let scale = (exponentNegative ? -exponent : exponent) - fraction
        guard scale >= 0, scale < 20 else { return nil }
        var value: Int64 = 0
        for digit in digits + [UInt8](repeating: 0, count: scale) {
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) =
                negative
                ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
            guard !tooLarge, !overflow else { return nil }
            value = sum
        }
        return value
    }

    /// The nearest IEEE 754 double, or nil when the number is beyond its range.
    public var double: Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    private enum Part { case integer, fraction, exponent }
}
