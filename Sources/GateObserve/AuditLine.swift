// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateJSON
import GateTime

/// The form of an audit event in the audit log: one JSON object on one line, members in this order, absent ones left out.
///
/// `"audit":1` is the schema's version and tells these lines from log lines on the same stream.
package enum AuditLine {
    /// Appends the event and a line feed. The hot path of every request: constant parts are copied, only values are escaped.
    package static func append(_ event: borrowing AuditEvent, to writer: inout JSONWriter) {
        copy(#"{"audit":1,"time":""#, to: &writer)
        event.time.appendRFC3339(to: &writer.bytes)
        copy(#"","request":""#, to: &writer)
        event.requestID.append(to: &writer.bytes)
        copy(#"","trace":""#, to: &writer)
        event.trace.appendTraceID(to: &writer.bytes)
        copy(#"","outcome":""#, to: &writer)
        copy(event.outcome.rawValue, to: &writer)
        copy(#"","reason":"#, to: &writer)
        writer.appendString(event.reason)
        copy(#","phase":""#, to: &writer)
        copy(event.phase, to: &writer)
        // A method is a token (RFC 9110 §9.1), an address is digits: nothing in them needs an escape.
        copy(#"","method":""#, to: &writer)
        copy(event.method, to: &writer)
        copy(#"","path":"#, to: &writer)
        writer.appendString(event.path)
        copy(#","status":"#, to: &writer)
        appendStatus(event.status, to: &writer)
        copy(#","remote":""#, to: &writer)
        copy(event.remoteAddress, to: &writer)
        writer.bytes.append(UInt8(ascii: "\""))
        if let caller = event.caller { writer.bytes.append(contentsOf: caller.members) }
        append(event.mcpMethod, named: #","mcp_method":"#, to: &writer)
        append(event.mcpTarget, named: #","mcp_target":"#, to: &writer)
        writer.bytes.append(UInt8(ascii: "}"))
        writer.bytes.append(UInt8(ascii: "\n"))
    }

    private static func append(_ value: String?, named name: String, to writer: inout JSONWriter) {
        guard let value else { return }
        copy(name, to: &writer)
        writer.appendString(value)
    }

    private static func appendStatus(_ status: Int, to writer: inout JSONWriter) {
        guard (100..<1_000).contains(status) else { return copy("0", to: &writer) }
        writer.bytes.append(UInt8(ascii: "0") + UInt8(status / 100))
        writer.bytes.append(UInt8(ascii: "0") + UInt8(status / 10 % 10))
        writer.bytes.append(UInt8(ascii: "0") + UInt8(status % 10))
    }

    @inline(__always)
    private static func copy(_ text: String, to writer: inout JSONWriter) {
        writer.bytes.append(contentsOf: text.utf8)
    }
}
