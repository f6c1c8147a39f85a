// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateIdentity
import GateMCP
import GateOAuth
import GatePolicy
import GateTestKit
import GateTime
import GateCore
import GateJSON
import GateObserve

/// What became of a request: the gate's own answer, or what the upstream receives.
struct Seen {
    var local: LocalResponse?
    var plan: ForwardPlan?
    /// The head as it goes to the upstream.
    var upstream = ""
    var event: AuditEvent?

    var isForwarded: Bool { plan != nil }
    var status: Int? { local?.status }
    var reason: String? { event?.reason }
    var body: String { String(decoding: local?.body ?? [], as: UTF8.self) }
    var challenge: String? { self["WWW-Authenticate"] }

    /// The answer's field of this name; several are joined.
    subscript(name: String) -> String? {
        let values = local?.fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) ?? []
        return values.isEmpty ? nil : values.joined(separator: " | ")
    }

    /// The values under which the upstream receives a field.
    func upstreamFields(_ name: String) -> [String] {
        upstream.split(separator: "\r\n").dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
            return String(parts[1].drop { $0 == " " })
        }
    }

    /// The last part of the problem document's `type`.
    var problem: String? { member("type").map { String($0.split(separator: "/").last ?? "") } }
    var phase: String? { member("phase") }

    /// The code of a JSON-RPC error.
    var errorCode: Int64? {
        guard case .number(let number)? = document?["error"]?.object?["code"] else { return nil }
        return number.int64
    }

    var document: JSONObject? { (try? JSONValue.parse(local?.body ?? []))?.object }

    private func member(_ name: String) -> String? { document?[name]?.string }
}
