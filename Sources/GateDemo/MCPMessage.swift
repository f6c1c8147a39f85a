// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// One JSON-RPC message from a client (JSON-RPC 2.0 §4).
struct MCPMessage: Sendable {
    enum Kind: Sendable {
        /// With the id as sent: a string or an integer.
        case request(id: JSONValue)
        case notification
        /// An answer to something a server asked; this one never asks.
        case response
    }

    var kind: Kind
    var method: String
    var params: JSONObject

    /// Nil when the value is not a message.
    init?(_ value: JSONValue) {
        guard let object = value.object, object["jsonrpc"]?.string == "2.0" else { return nil }
        guard let method = object["method"]?.string else {
            guard object["id"] != nil, (object["result"] != nil) != (object["error"] != nil) else { return nil }
            self.init(kind: .response, method: "", params: [:])
            return
        }
        var params: JSONObject = [:]
        if let given = object["params"] {
            guard let members = given.object else { return nil }
            params = members
        }
        guard let id = object["id"] else {
            self.init(kind: .notification, method: method, params: params)
            return
        }
        guard id.string != nil || id.int64 != nil else { return nil }
        self.init(kind: .request(id: id), method: method, params: params)
    }

    private init(kind: Kind, method: String, params: JSONObject) {
        self.kind = kind
        self.method = method
        self.params = params
    }

    /// `params._meta`.
    var meta: JSONObject? { params["_meta"]?.object }
}

/// What becomes of a request.
enum MCPOutcome: Sendable {
    case result(JSONObject)
    case failure(MCPFailure)
}

/// A JSON-RPC error and the HTTP status that goes with it in revision 2026-07-28.
struct MCPFailure: Error, Sendable {
    var code: Int
    var message: String
    var data: JSONValue?

    static let parse = MCPFailure(code: -32700, message: "Parse error")
    static let invalidRequest = MCPFailure(code: -32600, message: "Invalid request")
    static func methodNotFound(_ method: String) -> MCPFailure {
        MCPFailure(code: -32601, message: "Method not found", data: .string(method))
    }
    static func invalidParams(_ message: String) -> MCPFailure { MCPFailure(code: -32602, message: message) }
    static func headerMismatch(_ message: String) -> MCPFailure { MCPFailure(code: -32020, message: message) }
    static func unsupportedVersion(_ requested: String, supported: [String]) -> MCPFailure {
        MCPFailure(
            code: -32022, message: "Unsupported protocol version",
            data: ["supported": .array(supported.map(JSONValue.string)), "requested": .string(requested)])
    }
    static let `internal` = MCPFailure(code: -32603, message: "Internal error")

    /// Revision 2026-07-28, transports: 404 for unknown methods, 400 for what the client could have known better.
    var status: Int {
        switch code {
        case -32601: 404
        case -32603: 500
        default: 400
        }
    }

    private init(code: Int, message: String, data: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }
}

extension MCPOutcome {
    /// The JSON-RPC answer to the request with this id; null when it could not be read.
    func message(id: JSONValue) -> JSONValue {
        switch self {
        case .result(let result): return ["jsonrpc": "2.0", "id": id, "result": .object(result)]
        case .failure(let failure):
            var error: JSONObject = ["code": .number(JSONNumber(failure.code)), "message": .string(failure.message)]
            if let data = failure.data { error["data"] = data }
            return ["jsonrpc": "2.0", "id": id, "error": .object(error)]
        }
    }
}
