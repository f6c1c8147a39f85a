// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateOAuth
import GateObserve
import Hummingbird
import NIOCore

/// One request of a browser and what its answers need: its language, its cookies, its trace.
struct WebExchange {
    let request: Request
    let texts: PageTexts
    let requestID: GateObserve.RequestID
    let trace: TraceContext

    init(_ request: Request) {
        self.request = request
        texts = PageTexts.preferred(by: request.headers[.acceptLanguage])
        // Both were written by the gate, which removes what clients send.
        let id = request.headers[.requestID].flatMap { GateObserve.RequestID(hex: $0) } ?? .make()
        requestID = id
        trace =
            request.headers[.traceparent].flatMap { TraceContext(parsing: Array($0.utf8).span) } ?? .make(for: id)
    }

    /// The `Cookie` field; HTTP/2's several were joined on the way in.
    var cookies: [UInt8] { Array(request.headers[values: .cookie].joined(separator: "; ").utf8) }

    /// A person opened this; otherwise a page, an image or a program asked (Fetch Metadata).
    var isNavigation: Bool {
        if let mode = request.headers[.secFetchMode] { return mode == "navigate" }
        return request.headers[.accept]?.contains("text/html") ?? false
    }

    /// Another site caused this request.
    var isCrossSite: Bool {
        guard let site = request.headers[.secFetchSite] else { return false }
        return site != "same-origin" && site != "none"
    }

    static func redirect(to location: String, cookies: [String] = [], status: HTTPResponse.Status = .found) -> Response
    {
        var response = Response(status: status, headers: [.location: location])
        response.add(cookies)
        return response
    }

    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serialized())))
    }

    func problem(_ kind: String, _ title: String, status: Int, detail: String? = nil) -> Response {
        ProblemDetails(kind: kind, title: title, status: status, detail: detail, traceID: trace.traceID).response
    }
}

extension Response {
    mutating func add(_ cookies: [String]) {
        for cookie in cookies { headers.append(HTTPFields.Element(name: .setCookie, value: cookie)) }
    }
}

extension HTTPFields.Element.Name {
    static var requestID: Self { known("X-Request-Id") }
    static var traceparent: Self { known("traceparent") }
    static var xForwardedFor: Self { known("X-Forwarded-For") }
    static var secFetchMode: Self { known("Sec-Fetch-Mode") }
    static var secFetchSite: Self { known("Sec-Fetch-Site") }

    /// Names of ours are well-formed; `Accept` stands in for what cannot happen.
    private static func known(_ name: String) -> Self { Self(name) ?? .accept }
}
