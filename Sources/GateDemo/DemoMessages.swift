// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// An HTTP request as the demo's two small services see it.
package struct DemoRequest: Sendable {
    package var method: String
    /// The target's path as received.
    package var path: String
    /// The target's query without `?`; empty when there is none.
    package var query: String
    /// Names in lower case.
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String, path: String, query: String = "", fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
    }

    /// The value of the only field with this name; nil when there is none or more than one.
    package func field(_ name: String) -> String? {
        var found: String?
        for field in fields where field.name == name {
            guard found == nil else { return nil }
            found = field.value
        }
        return found
    }

    /// The value of a cookie; nil when it is not sent or sent twice.
    package func cookie(_ name: String) -> String? {
        var found: String?
        for field in fields where field.name == "cookie" {
            for pair in field.value.split(separator: ";") {
                let text = pair.drop { $0 == " " }
                guard let equals = text.firstIndex(of: "="), text[..<equals] == name else { continue }
                guard found == nil else { return nil }
                found = String(text[text.index(after: equals)...])
            }
        }
        return found
    }
}

/// An HTTP answer of the demo's services.
package struct DemoResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Pieces that leave as they are made, through the function given.
        case stream(@Sendable (@escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void)
    }

    package var status: Int
    package var fields: [(name: String, value: String)]
    package var body: Body

    package init(status: Int, fields: [(name: String, value: String)] = [], body: Body = .bytes([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    package func field(_ name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }

    static func text(_ status: Int, _ text: String, _ fields: [(name: String, value: String)] = []) -> DemoResponse {
        DemoResponse(
            status: status, fields: [("Content-Type", "text/plain; charset=utf-8")] + fields,
            body: .bytes(Array((text + "\n").utf8)))
    }

    static func json(
        _ status: Int, _ bytes: [UInt8], _ fields: [(name: String, value: String)] = []
    ) -> DemoResponse {
        DemoResponse(status: status, fields: [("Content-Type", "application/json")] + fields, body: .bytes(bytes))
    }
}

/// Something that answers requests; what ``DemoHTTPService`` puts behind a socket.
package protocol DemoResponder: Sendable {
    func respond(to request: DemoRequest) async -> DemoResponse
}
