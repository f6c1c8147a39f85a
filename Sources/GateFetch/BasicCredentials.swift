// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
package import GateOAuth

extension FetchedResponse.Field {
    /// `Authorization: Basic` (RFC 7617).
    /// - Parameter isFormEncoded: whether both halves are form-encoded first, as OAuth has it (RFC 6749 §2.3.1).
    package static func basicCredentials(
        _ name: String, _ secret: Secret, isFormEncoded: Bool
    ) -> FetchedResponse.Field {
        let password = secret.revealed
        let pair =
            isFormEncoded
            ? "\(FetchRequest.percentEncoded(name)):\(FetchRequest.percentEncoded(password))" : "\(name):\(password)"
        return .init("authorization", "Basic " + Base64.encode(pair.utf8))
    }
}

extension HTTPURL {
    /// The address below this one; `path` begins with a slash and is already encoded.
    package func appending(path: String, query: String? = nil) -> HTTPURL? {
        var base = self.path[...]
        while base.last == "/" { base = base.dropLast() }
        return try? HTTPURL("\(origin)\(base)\(path)" + (query.map { "?\($0)" } ?? ""))
    }
}
