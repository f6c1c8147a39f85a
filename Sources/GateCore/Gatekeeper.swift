// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateHTTP
package import GateIdentity
import GateOAuth
package import GateObserve
package import GateTime
import Synchronization

/// The one decision point (decision 4 of the architecture): every request of every listener and protocol passes here.
///
/// A pure function of the head's octets, the snapshot and the time, but for the caches it keeps. It works on the connection's event
/// loop and returns at once; only a token that nobody has seen yet, and whose check needs the network, makes it wait.
/// The phases are those of ``Phase``: HEAD and CLASSIFY here, AUTHENTICATE and AUTHORIZE in `Gatekeeper+Authentication` and
/// `Gatekeeper+Authorization`, ENRICH in `Gatekeeper+Enrichment`, RESPOND in `Gatekeeper+Answers`.
package final class Gatekeeper: RequestGate {
    private let current: Mutex<GatewaySnapshot>
    let clock: any WallClock
    let audit: any AuditSink
    let metrics: GatewayMetrics
    /// Outlives snapshots: a session belongs to the same principal after a reload.
    let sessions = SessionBindings()

    package init(snapshot: GatewaySnapshot, clock: any WallClock, audit: any AuditSink, metrics: GatewayMetrics) {
        current = Mutex(snapshot)
        self.clock = clock
        self.audit = audit
        self.metrics = metrics
    }

    /// The configuration in force.
    package var snapshot: GatewaySnapshot { current.withLock { $0 } }

    /// Puts another configuration in force; requests under way keep theirs.
    package func replace(with snapshot: GatewaySnapshot) { current.withLock { $0 = snapshot } }

    package func admit(
        _ head: RequestHead, _ bytes: Span<UInt8>, on connection: ConnectionFacts
    ) -> Eventually<Admission> {
        metrics.requestsInFlight.increment()
        let request = Request(snapshot: snapshot, connection: connection, now: clock.now)
        let isAsterisk = bytes[head.targetRange.lowerBound] == UInt8(ascii: "*")
        if isAsterisk || NormalizedPath.isCanonical(bytes, head.pathRange) {
            return judge(head, bytes, bytes, head.pathRange, rewritten: nil, request)
        }
        // The rare path that must be rewritten: judged, and forwarded, in its canonical form.
        do throws(HTTPRefusal) {
            let path = try NormalizedPath(bytes.extracting(head.pathRange))
            return judge(head, bytes, path.bytes.span, 0..<path.bytes.count, rewritten: path, request)
        } catch {
            let exchange = begin(head, bytes, request, path: "", origin: nil)
            return .ready(answer(.wireRefused(error), exchange, nil, .head))
        }
    }

    /// HEAD: the host that was asked for, and over what. The path is canonical.
    private func judge(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ pathBytes: Span<UInt8>, _ path: Range<Int>,
        rewritten: NormalizedPath?, _ request: Request
    ) -> Eventually<Admission> {
        let snapshot = request.snapshot
        let origin = head.first(.origin).map { bytes.text(at: $0.value) }
        let allowedOrigin = origin.flatMap { snapshot.cors.allows($0) ? $0 : nil }
        let exchange = begin(head, bytes, request, path: pathBytes.text(at: path), origin: allowedOrigin)

        if let host = head.first(.host), !snapshot.hosts.allows(bytes, host.value, on: request.connection) {
            return .ready(answer(.hostNotAllowed, exchange, nil, .head))
        }
        if snapshot.configuration.requiresHTTPS, !snapshot.forwarding.isSecure(head, bytes, on: request.connection) {
            return .ready(answer(insecure(head, bytes, request, exchange), exchange, nil, .head))
        }
        let isAsterisk = bytes[head.targetRange.lowerBound] == UInt8(ascii: "*")
        let route = isAsterisk ? .nothing : snapshot.routes.match(pathBytes, path)
        return classify(head, bytes, request, route, origin: origin, rewritten: rewritten, exchange)
    }

    /// CLASSIFY: what the path is, and what a page of that origin may do there.
    private func classify(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ route: RouteMatch, origin: String?,
        rewritten: NormalizedPath?, _ exchange: Exchange
    ) -> Eventually<Admission> {
        switch route {
        case .metadata(let resource): return .ready(metadata(resource, head, exchange))
        case .absent: return .ready(metadata(nil, head, exchange))
        case .nothing: return .ready(answer(.routeUnknown, exchange, nil, .classify))
        case .control:
            permit(exchange, reason: "control", nil, .classify)
            let plan = plan(
                head, bytes, request, exchange, to: .control, rewritten: rewritten)
            return .ready(.forward(plan))
        case .exempt(let upstream):
            if let rejection = ambiguousName(head) { return .ready(answer(rejection, exchange, nil, .head)) }
            permit(exchange, reason: "excluded_path", nil, .classify)
            let plan = plan(
                head, bytes, request, exchange, to: .upstream(upstream), rewritten: rewritten)
            return .ready(.forward(plan))
        case .protected(let resource, let isMCP):
            if isMCP, origin != nil, exchange.allowedOrigin == nil {
                return .ready(answer(.originNotAllowed, exchange, resource, .classify))
            }
            if head.method == .options, let allowed = exchange.allowedOrigin,
                head.first(.accessControlRequestMethod) != nil
            {
                let requested = head.first(.accessControlRequestHeaders).map { bytes.text(at: $0.value) }
                let response = CORSPolicy.preflight(origin: allowed, requestedFields: requested)
                permit(exchange, reason: "preflight", nil, .classify, status: response.status)
                return .ready(.answer(response, exchange))
            }
            let target = Target(resource: resource, isMCP: isMCP, rewritten: rewritten, exchange: exchange)
            return authenticate(head, bytes, request, target)
        }
    }

    /// Discovery (RFC 9728 §3): public, for every page, for a short while; a plain 404 where there is no document.
    private func metadata(_ resource: ProtectedResource?, _ head: RequestHead, _ exchange: Exchange) -> Admission {
        if head.method == .options, head.first(.accessControlRequestMethod) != nil {
            let response = CORSPolicy.preflight(origin: "*", requestedFields: nil, methods: "GET, HEAD, OPTIONS")
            permit(exchange, reason: "preflight", nil, .classify, status: response.status)
            return .answer(response, exchange)
        }
        guard let resource else {
            var response = response(.routeUnknown, exchange, nil, .classify, nil)
            // A page that probes must be able to read that nothing is here, or it takes the gate for unreachable.
            response.fields.removeAll { $0.name == "Access-Control-Allow-Origin" }
            response.fields.append(("Access-Control-Allow-Origin", "*"))
            return .answer(response, exchange)
        }
        guard head.method == .get || head.method == .head else {
            return answer(.methodNotAllowed(allowed: "GET, HEAD, OPTIONS"), exchange, nil, .classify)
        }
        permit(exchange, reason: "metadata", nil, .classify, status: 200)
        let fields = [
            ("Content-Type", "application/json"), ("Cache-Control", "public, max-age=300"),
            ("Access-Control-Allow-Origin", "*"), ("X-Content-Type-Options", "nosniff"),
        ]
        return .answer(LocalResponse(status: 200, fields: fields, body: resource.metadataDocument), exchange)
    }

    /// `requireHttps`: a page that carries no credential is sent to the public URL, anything else has said too much already.
    private func insecure(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, _ exchange: Exchange
    ) -> Rejection {
        guard isNavigation(head, bytes), head.first(.authorization) == nil, exchange.path.hasPrefix("/") else {
            return .connectionInsecure
        }
        let query = bytes.text(at: head.pathRange.upperBound..<head.targetRange.upperBound)
        return .secureConnectionRequired(
            location: request.snapshot.configuration.publicURL.origin + exchange.path + query)
    }

    /// A person's browser opens a page (Fetch Metadata; `Accept` for browsers without it).
    func isNavigation(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        guard head.method == .get || head.method == .head else { return false }
        if let mode = head.first(.secFetchMode) { return bytes.equalsIgnoringCase("navigate", at: mode.value) }
        guard let accept = head.first(.accept) else { return false }
        return bytes.text(at: accept.value).contains("text/html")
    }

    /// Names that servers may take for others do not go on (defence D13); whoever may not pass anyway is told that first.
    func ambiguousName(_ head: RequestHead) -> Rejection? {
        head.first(.ambiguousName) == nil ? nil : .wireRefused(.fieldNameRefused)
    }

    private func begin(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, path: String, origin: String?
    ) -> Exchange {
        let id = RequestID.make()
        let trace =
            head.first(.traceparent).flatMap { TraceContext(parsing: bytes.extracting($0.value)) }?.continued()
            ?? TraceContext.make(for: id)
        return Exchange(
            requestID: id, trace: trace, receivedAt: request.now, startedAt: ContinuousClock.now,
            method: Self.methodName(head, bytes), path: path,
            remoteAddress: request.snapshot.forwarding.clientAddress(
                head, bytes, peer: request.connection.remoteAddress),
            allowedOrigin: origin)
    }

    private static func methodName(_ head: RequestHead, _ bytes: Span<UInt8>) -> String {
        switch head.method {
        case .get: "GET"
        case .post: "POST"
        case .delete: "DELETE"
        default: bytes.text(at: head.methodRange)
        }
    }
}

/// What is the same through all phases of one request.
struct Request: Sendable {
    let snapshot: GatewaySnapshot
    let connection: ConnectionFacts
    let now: Instant
}

/// Where a protected request goes.
struct Target: Sendable {
    let resource: ProtectedResource
    let isMCP: Bool
    let rewritten: NormalizedPath?
    let exchange: Exchange
}
