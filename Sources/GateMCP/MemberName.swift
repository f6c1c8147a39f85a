// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// The names of members that decide, and what lax parsers take for them.
///
/// Some JSON libraries match names without regard to case and keep the last match, so that `Name` overrides `name`. Folding here covers
/// what those libraries fold: ASCII letters, and the few other letters whose upper or lower case is an ASCII letter.
enum MemberName: String, Sendable {
    case jsonrpc, method, params, id, result, error
    case name, uri, meta = "_meta", arguments
    case protocolVersion = "io.modelcontextprotocol/protocolVersion"

    static let envelope: [MemberName] = [.jsonrpc, .method, .params, .id, .result, .error]
    static let parameters: [MemberName] = [.name, .uri, .meta, .arguments]
    static let metadata: [MemberName] = [.protocolVersion]

    /// The one of `names` that the token is, nil when it is another name; a case variant of one of them is refused.
    static func find(
        _ token: JSONScanner.Token, among names: [MemberName], _ scanner: JSONScanner, _ body: Span<UInt8>
    ) throws(JSONRPCRefusal) -> MemberName? {
        for name in names where scanner.matches(token, name.rawValue, in: body) { return name }
        if token.hasEscapes || !isASCII(token.range, body) {
            // Rare, and worth an allocation.
            let folded = fold(scanner.decodeString(token, in: body))
            if names.contains(where: { fold($0.rawValue) == folded }) { throw .caseVariant }
        } else {
            for name in names where differsInCaseOnly(token.range, from: name.rawValue, body) { throw .caseVariant }
        }
        return nil
    }

    private static func isASCII(_ range: Range<Int>, _ body: Span<UInt8>) -> Bool {
        for index in range where body[index] >= 0x80 { return false }
        return true
    }

    private static func differsInCaseOnly(_ range: Range<Int>, from name: String, _ body: Span<UInt8>) -> Bool {
        guard range.count == name.utf8.count else { return false }
        var index = range.lowerBound
        for octet in name.utf8 {
            guard lowered(body[index]) == lowered(octet) else { return false }
            index += 1
        }
        return true
    }

    private static func lowered(_ octet: UInt8) -> UInt8 { (0x41...0x5A).contains(octet) ? octet | 0x20 : octet }

    private static func fold(_ text: String) -> [UInt32] {
        text.unicodeScalars.map { scalar in
            switch scalar.value {
            case 0x41...0x5A: scalar.value | 0x20
            // Long s, Kelvin sign, dotted capital I and dotless small i.
            case 0x17F: 0x73
            case 0x212A: 0x6B
            case 0x130, 0x131: 0x69
            default: scalar.value
            }
        }
    }
}
