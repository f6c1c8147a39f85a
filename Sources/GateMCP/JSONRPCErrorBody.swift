// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON

/// A JSON-RPC error response of the gate's own (JSON-RPC 2.0 §5.1).
public enum JSONRPCErrorBody {
    /// Ids longer than this are not repeated to whoever sent them.
    static let maximumIDBytes = 256

    /// - Parameters:
    ///   - id: the request's id as it stood in its body, from ``MCPRequestSummary/id``; null when it is not known.
    ///   - data: what a program needs to go on, for example `{"supported": […]}` of −32022.
    public static func make(code: Int, message: String, id: [UInt8]? = nil, data: JSONValue? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("jsonrpc", "2.0")
        writer.name("id")
        if let id, id.count <= maximumIDBytes { writer.raw(id) } else { writer.null() }
        writer.name("error")
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        if let data {
            writer.name("data")
            writer.value(data)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
