// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// Who asked, as audit events name them; made once for each token and shared by all its events.
package final class AuditCaller: Sendable {
    package let provider: String
    package let issuer: String
    package let subject: String
    package let client: String?
    /// The members of the audit line, each with the comma before it.
    let members: [UInt8]

    package init(provider: String, issuer: String, subject: String, client: String?) {
        self.provider = provider
        self.issuer = issuer
        self.subject = subject
        self.client = client
        var writer = JSONWriter()
        for (name, value) in [("provider", provider), ("issuer", issuer), ("subject", subject), ("client", client)] {
            guard let value else { continue }
            writer.bytes.append(UInt8(ascii: ","))
            writer.appendString(name)
            writer.bytes.append(UInt8(ascii: ":"))
            writer.appendString(value)
        }
        members = writer.bytes
    }
}
