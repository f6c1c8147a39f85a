// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// Scanner and parser agree; what was read comes back when written and read again; numbers never trap.
@Sendable func fuzzJSON(_ bytes: [UInt8]) {
    let value = try? JSONValue.parse(bytes)
    precondition((value != nil) == scans(bytes), "parser and scanner disagree")
    precondition(Base64URL.decode(bytes.span).map { Array(Base64URL.encode($0).utf8) == bytes } ?? true)
    precondition(Base64.decode(bytes.span).map { Array(Base64.encode($0).utf8) == bytes } ?? true)
    guard let value else { return }
    for pretty in [false, true] {
        // Escapes may make the text longer than the limit for documents.
        let written = value.serialized(pretty: pretty)
        let again = try? JSONValue.parse(written, limits: JSONLimits(bytes: written.count, depth: 32))
        precondition(again == value, "written and read again it is another value")
    }
    visit(value)
}

private func scans(_ bytes: [UInt8]) -> Bool {
    var scanner = JSONScanner()
    do throws(JSONError) {
        while true {
            let token = try scanner.next(in: bytes.span)
            if token.kind == .end { return true }
            let text = scanner.decodeString(token, in: bytes.span)
            precondition(scanner.matches(token, text, in: bytes.span), "a token does not match its own text")
        }
    } catch {
        precondition(error.offset <= bytes.count && error.line > 0 && error.column > 0)
        return false
    }
}

private func visit(_ value: JSONValue) {
    switch value {
    case .null, .bool, .string: break
    case .number(let number):
        if let integer = number.int64, let double = number.double {
            precondition(abs(double - Double(integer)) <= abs(double) * 1e-15, "integral and floating value differ")
        }
    case .array(let elements): elements.forEach(visit)
    case .object(let object):
        for member in object.members {
            precondition(object[member.name] == member.value, "a member is hidden by another of its name")
            visit(member.value)
        }
    }
}
