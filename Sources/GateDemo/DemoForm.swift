// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

extension FormParameters {
    /// The parameters of a query or a form that belongs to an OAuth endpoint; nil when one is broken or stands twice.
    init?(oauth text: String) {
        guard let parsed = try? FormParameters(parsing: text, mayRepeat: ["resource"]) else { return nil }
        self = parsed
    }

    init?(oauth body: [UInt8]) {
        guard let text = String(validating: body, as: UTF8.self) else { return nil }
        self.init(oauth: text)
    }

    /// A parameter's value; one that is empty counts as absent (RFC 6749 §3.1).
    func value(_ name: String) -> String? {
        guard let value = self[name], !value.isEmpty else { return nil }
        return value
    }
}
