// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// One field line (RFC 9112 §5), or the empty line that ends a head.
struct FieldLine {
    /// Nil for the empty line.
    var field: RequestHead.Field?
    /// Where the next line begins.
    var next: Int

    /// Reads the line that begins at `start`; nil while its CRLF has not arrived.
    static func read(
        _ bytes: Span<UInt8>, at start: Int, limits: HeadLimits, allowsUnderscore: Bool = false
    ) throws(HTTPRefusal) -> FieldLine? {
        let count = bytes.count
        guard start < count else { return nil }
        if bytes[start] == Octet.carriageReturn {
            guard start + 1 < count else { return nil }
            guard bytes[start + 1] == Octet.lineFeed else { throw .fieldMalformed }
            return FieldLine(field: nil, next: start + 2)
        }

        var i = start
        var hasUnderscore = false
        // Anything but letters and digits with single hyphens between them.
        var isOdd = false
        var previous = UInt8(ascii: "-")
        while i < count, bytes[i] != Octet.colon {
            let octet = bytes[i]
            guard Octet.isToken(octet) else { throw .fieldMalformed }
            if !Octet.isAlphanumeric(octet) {
                if octet == UInt8(ascii: "_") { hasUnderscore = true }
                if octet != UInt8(ascii: "-") || previous == octet { isOdd = true }
            }
            previous = octet
            i += 1
        }
        guard i < count else {
            if i - start > limits.lineBytes { throw .lineTooLong }
            return nil
        }
        guard i > start else { throw .fieldMalformed }
        let name = start..<i
        i += 1

        while i < count, bytes[i] == Octet.space || bytes[i] == Octet.tab { i += 1 }
        let valueStart = i
        i = bytes.endOfFieldValue(from: i)
        if i < count, bytes[i] != Octet.carriageReturn { throw .fieldValueRefused }
        var id = hasUnderscore && !allowsUnderscore ? .ambiguousName : FieldNames.classify(bytes, name)
        if isOdd, !allowsUnderscore, id == .other { id = FieldNames.classifyOdd(bytes, name) }
        // A token may be larger than other lines; whether it is too large is for its validator to say (defence D2).
        if id == .authorization {
            if i - start > limits.headBytes { throw .credentialTooLarge }
        } else if i - start > limits.lineBytes {
            throw .lineTooLong
        }
        guard i + 1 < count else { return nil }
        var valueEnd = i
        while valueEnd > valueStart, bytes[valueEnd - 1] == Octet.space || bytes[valueEnd - 1] == Octet.tab {
            valueEnd -= 1
        }
        guard bytes[i + 1] == Octet.lineFeed else { throw .fieldValueRefused }
        let field = RequestHead.Field(id: id, name: name, value: valueStart..<valueEnd, lineEnd: i + 2)
        return FieldLine(field: field, next: i + 2)
    }
}
