// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP

/// An answer of the gate's own.
package struct LocalResponse: Sendable {
    package var status: Int
    /// Without `Content-Length`, `Connection` and `Date`, which ``serialized(withBody:keepsAlive:at:)`` adds.
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

    /// The octets of the answer (RFC 9112 §4).
    ///
    /// - Parameters:
    ///   - withBody: false for HEAD.
    ///   - seconds: since the epoch, for `Date`.
    package func serialized(withBody: Bool, keepsAlive: Bool, at seconds: Int64) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(256 + body.count)
        out.append(ascii: "HTTP/1.1 ")
        out.append(decimal: UInt64(status))
        out.append(ascii: " ")
        out.append(ascii: Self.reason(status))
        out.append(ascii: "\r\nDate: ")
        out.append(ascii: HTTPDate.format(seconds))
        out.append(ascii: "\r\n")
        for field in fields {
            out.append(ascii: field.name)
            out.append(ascii: ": ")
            // Values are ours or were checked; whatever they are, a line ends only here.
            if field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
                out.append(ascii: field.value)
            } else {
                out.append(contentsOf: field.value.utf8.filter { $0 >= 0x20 && $0 != 0x7F })
            }
            out.append(ascii: "\r\n")
        }
        if status >= 200, status != 204, status != 304 {
            out.append(ascii: "Content-Length: ")
            out.append(decimal: UInt64(body.count))
            out.append(ascii: "\r\n")
        }
        if !keepsAlive { out.append(ascii: "Connection: close\r\n") }
        out.append(ascii: "\r\n")
        if withBody, status != 204, status != 304 { out.append(contentsOf: body) }
        return out
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 302: "Found"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
