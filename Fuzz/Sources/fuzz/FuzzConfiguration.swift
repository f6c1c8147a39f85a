// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig

/// Any two documents give settings or at least one error, never a crash; the first octet splits the input between the two.
func fuzzConfiguration(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let rest = input.dropFirst()
    let split = min(rest.count, Int(first) * rest.count / 255)
    let check = DocumentCheck(authSettings: Array(rest.prefix(split)), gatehouse: Array(rest.dropFirst(split)))
    precondition(check.isUsable || !check.errors.isEmpty, "unusable, and nothing said why")
}
