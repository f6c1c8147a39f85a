// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateMCP
import GateOAuth

/// A challenge made of any text parses to one Bearer challenge, and the parser survives any text.
func fuzzChallenge(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    _ = try? AuthenticationChallenge.parse(text)
    let made = BearerChallenge(
        resourceMetadata: text, scope: Scope(parsing: text), error: .invalidToken, errorDescription: text, authorizationURI: text)
    precondition(made.fieldValue.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a control in a field value")
    guard let parsed = try? AuthenticationChallenge.parse(made.fieldValue) else { preconditionFailure(made.fieldValue) }
    precondition(parsed.count == 1 && parsed[0].scheme == "bearer", "more than one challenge")
    precondition(parsed[0].parameters["error"] == "invalid_token")
}

/// Whatever is accepted as a message is one that a second look reads alike.
func fuzzMessage(_ input: [UInt8]) {
    guard let first = try? JSONRPCInspection.inspect(body: input.span, allowsBatch: true) else { return }
    guard let second = try? JSONRPCInspection.inspect(body: input.span, allowsBatch: true) else { preconditionFailure("refused the second time") }
    precondition(first == second && !first.isEmpty)
    if first.count > 1 { precondition((try? JSONRPCInspection.inspect(body: input.span, allowsBatch: false)) == nil) }
}
