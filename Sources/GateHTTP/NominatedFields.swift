// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The fields that a `Connection` field lists for removal (RFC 9110 §7.6.1, defence D14).
///
/// A peer may not remove what the message needs or what the gate says: fields that frame, route or identify stay whatever is listed.
struct NominatedFields {
    /// Most names that one head's `Connection` fields may list: nobody sends as many, and each is compared with every field.
    static let mostNames = 32

    private var names: [Range<Int>] = []

    init(_ fields: [RequestHead.Field], _ bytes: Span<UInt8>) {
        for field in fields where field.id == .connection {
            var list = TokenList(field.value)
            while let token = try? list.next(bytes) {
                if !bytes.equalsIgnoringCase("close", at: token), !bytes.equalsIgnoringCase("keep-alive", at: token) {
                    names.append(token)
                }
            }
        }
    }

    func contains(_ field: RequestHead.Field, _ bytes: Span<UInt8>) -> Bool {
        guard !names.isEmpty, !Self.isEssential(field.id) else { return false }
        for name in names where name.count == field.name.count {
            var isEqual = true
            for offset in 0..<name.count
            where Octet.lowercased(bytes[name.lowerBound + offset])
                != Octet.lowercased(bytes[field.nameStartIndex + offset])
            {
                isEqual = false
                break
            }
            if isEqual { return true }
        }
        return false
    }

    private static func isEssential(_ id: FieldID) -> Bool {
        switch id {
        case .host, .contentLength, .transferEncoding, .contentType, .contentEncoding, .authorization, .cookie,
            .mcpSessionID,
            .mcpProtocolVersion, .mcpMethod, .mcpName, .origin, .setCookie, .wwwAuthenticate, .cacheControl, .location:
            true
        default: false
        }
    }
}

extension RequestHead.Field {
    var nameStartIndex: Int { Int(nameStart) }
}
