// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The four forms of a request target (RFC 9112 §3.2).
enum RequestTarget {
    /// Leaves origin-form as it is, allows `*` for OPTIONS, reduces absolute-form whose authority equals `Host`, refuses the rest.
    static func reduce(_ head: inout RequestHead, _ bytes: Span<UInt8>, host: Range<Int>?) throws(HTTPRefusal) {
        let target = head.targetRange
        if bytes[target.lowerBound] == Octet.slash { return }
        if target.count == 1, bytes[target.lowerBound] == UInt8(ascii: "*") {
            guard head.method == .options else { throw .targetMalformed }
            return
        }
        let scheme: Int
        if target.count > 7, bytes.equalsIgnoringCase("http://", at: target.lowerBound..<(target.lowerBound + 7)) {
            scheme = 7
        } else if target.count > 8,
            bytes.equalsIgnoringCase("https://", at: target.lowerBound..<(target.lowerBound + 8))
        {
            scheme = 8
        } else {
            throw .targetMalformed
        }
        let authorityStart = target.lowerBound + scheme
        var end = authorityStart
        while end < target.upperBound, bytes[end] != Octet.slash, bytes[end] != UInt8(ascii: "?") { end += 1 }
        // Without a path there is nothing to forward as it stands; clients that use this form send one.
        guard end < target.upperBound, bytes[end] == Octet.slash, let host else { throw .targetMalformed }
        guard host.count == end - authorityStart else { throw .hostMalformed }
        for offset in 0..<host.count
        where Octet.lowercased(bytes[authorityStart + offset]) != Octet.lowercased(bytes[host.lowerBound + offset]) {
            throw .hostMalformed
        }
        head.targetRange = end..<target.upperBound
        head.pathRange = end..<max(end, head.pathRange.upperBound)
    }
}

/// `Host` (RFC 9110 §7.2): `uri-host [":" port]`, no user information, no list.
enum HostField {
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= 260 else { return false }
        var i = range.lowerBound
        if bytes[i] == UInt8(ascii: "[") {
            i += 1
            let start = i
            while i < range.upperBound, bytes[i] != UInt8(ascii: "]") {
                let octet = bytes[i]
                guard Octet.isHexDigit(octet) || octet == Octet.colon || octet == UInt8(ascii: ".") else {
                    return false
                }
                i += 1
            }
            guard i < range.upperBound, i > start + 1 else { return false }
            i += 1
        } else {
            let start = i
            while i < range.upperBound, bytes[i] != Octet.colon {
                let octet = bytes[i]
                guard
                    Octet.isAlphanumeric(octet) || octet == UInt8(ascii: "-") || octet == UInt8(ascii: ".")
                        || octet == UInt8(ascii: "_")
                else { return false }
                i += 1
            }
            guard i > start else { return false }
        }
        if i == range.upperBound { return true }
        guard bytes[i] == Octet.colon else { return false }
        let port = (i + 1)..<range.upperBound
        guard (1...5).contains(port.count) else { return false }
        var value = 0
        for i in port {
            guard Octet.isDigit(bytes[i]) else { return false }
            value = value * 10 + Int(bytes[i] - 0x30)
        }
        return value > 0 && value <= 65_535
    }
}
