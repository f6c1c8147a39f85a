// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// An answer of the gate's own.
package struct LocalResponse: Sendable {
    package var status: Int
    /// Without `Content-Length`, `Connection` and `Date`, which ``serialized(withBody:keepsAlive:)`` adds.
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]
    /// The connection ends with this answer (defence D17, or the head could not be understood).
    package var closesConnection: Bool

    package init(
        status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = [], closesConnection: Bool = false
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.closesConnection = closesConnection
    }
}
