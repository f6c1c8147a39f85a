// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// A JSON-RPC error response of the gate's own (JSON-RPC 2.0 §5.1).
public enum JSONRPCErrorBody {
    /// - Parameter id: the request's id as it stood in its body; null when it is not known.
    public static func make(code: Int, message: String, id: [UInt8]? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("jsonrpc", "2.0")
        writer.name("id")
        writer.raw(id ?? Array("null".utf8))
        writer.name("error")
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
