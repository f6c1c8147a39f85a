// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateHTTP
package import GateIdentity
package import GateObserve
package import GateTime
import Synchronization

/// The one decision point (decision 4 of the architecture): every request of every listener and protocol passes here.
///
/// A pure function of the head's octets, the snapshot and the time, but for the caches it keeps. It works on the connection's event
/// loop and returns at once; only a token that nobody has seen yet, and whose check needs the network, makes it wait.
/// The phases are those of ``Phase``: HEAD and CLASSIFY here, AUTHENTICATE and AUTHORIZE in `Gatekeeper+Authentication`,
/// ENRICH in `Gatekeeper+Enrichment`, RESPOND in `Gatekeeper+Answers`.
package final class Gatekeeper: RequestGate {
    private let current: Mutex<GatewaySnapshot>
    let clock: any WallClock
    let audit: any AuditSink
    let metrics: GatewayMetrics
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
        return judge(head, bytes, request)
    }

    /// HEAD: the path in its one form, the host, the origin.
    private func judge(_ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request) -> Eventually<Admission> {
        let snapshot = request.snapshot
        var path = head.pathRange
        var canonical: NormalizedPath?
        if bytes[head.targetRange.lowerBound] == UInt8(ascii: "/"), !NormalizedPath.isCanonical(bytes, path) {
            do throws(HTTPRefusal) {
                canonical = try NormalizedPath(bytes.extracting(path))
            } catch {
                return .ready(
                    answer(.wireRefused(error), begin(head, bytes, request, path: "", origin: nil), nil, .head))
            }
        }
        if let canonical {
            // The rare path that had to be rewritten: judged, and forwarded, in its canonical form.
            path = 0..<canonical.bytes.count
            return classify(head, bytes, canonical.bytes.span, path, rewritten: canonical, request)
        }
        _ = snapshot
        return classify(head, bytes, bytes, path, rewritten: nil, request)
    }

    /// CLASSIFY: what the path is.
    private func classify(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ pathBytes: Span<UInt8>, _ path: Range<Int>,
        rewritten: NormalizedPath?,
        _ request: Request
    ) -> Eventually<Admission> {
        let snapshot = request.snapshot
        let route: RouteMatch =
            bytes[head.targetRange.lowerBound] == UInt8(ascii: "*") ? .nothing : snapshot.routes.match(pathBytes, path)
        let origin = head.first(.origin).map { bytes.text(at: $0.value) }
        let allowedOrigin = origin.flatMap { snapshot.cors.allows($0) ? $0 : nil }
        let exchange = begin(head, bytes, request, path: pathBytes.text(at: path), origin: allowedOrigin)

        if let host = head.first(.host), !snapshot.hosts.allows(bytes, host.value) {
            return .ready(answer(.hostNotAllowed, exchange, nil, .head))
        }
        switch route {
        case .metadata(let resource): return .ready(metadata(of: resource, head, origin, exchange))
        case .control:
            permit(exchange, reason: "control", nil, .classify)
            return .ready(
                .forward(plan(head, bytes, request, exchange, to: .control, rewritten: rewritten, admittance: nil)))
        case .nothing: return .ready(answer(.routeUnknown, exchange, nil, .classify))
        case .exempt(let upstream):
            permit(exchange, reason: "excluded_path", nil, .classify)
            let plan = plan(
                head, bytes, request, exchange, to: .upstream(upstream), rewritten: rewritten, admittance: nil)
            return .ready(.forward(plan))
        case .protected(let resource, let isMCP):
            if isMCP, origin != nil, allowedOrigin == nil {
                return .ready(answer(.originNotAllowed, exchange, resource, .classify))
            }
            if head.method == .options, let allowedOrigin, head.first(.accessControlRequestMethod) != nil {
                let requested = head.first(.accessControlRequestHeaders).map { bytes.text(at: $0.value) }
                permit(exchange, reason: "preflight", nil, .classify)
                return .ready(
                    .answer(CORSPolicy.preflight(origin: allowedOrigin, requestedFields: requested), exchange))
            }
            let target = Target(resource: resource, isMCP: isMCP, rewritten: rewritten, exchange: exchange)
            return authenticate(head, bytes, request, target)
        }
    }

    /// The metadata document of a resource (RFC 9728 §3): public, for every page, for a short while.
    private func metadata(
        of resource: ProtectedResource, _ head: RequestHead, _ origin: String?, _ exchange: Exchange
    ) -> Admission {
        permit(exchange, reason: "metadata", nil, .classify)
        switch head.method {
        case .get, .head:
            let fields = [
                ("Content-Type", "application/json"), ("Cache-Control", "public, max-age=300"),
                ("Access-Control-Allow-Origin", "*"),
                ("X-Content-Type-Options", "nosniff"),
            ]
            return .answer(LocalResponse(status: 200, fields: fields, body: resource.metadataDocument), exchange)
        case .options:
            return .answer(
                CORSPolicy.preflight(origin: "*", requestedFields: nil, methods: "GET, HEAD, OPTIONS"), exchange)
        default: return answer(.methodNotAllowed(allowed: "GET, HEAD, OPTIONS"), exchange, nil, .classify)
        }
    }

    private func begin(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ request: Request, path: String, origin: String?
    ) -> Exchange {
        let id = RequestID.make()
        let trace =
            head.first(.traceparent).flatMap { TraceContext(parsing: bytes.extracting($0.value)) }?.continued()
            ?? TraceContext.make(for: id)
        return Exchange(
            requestID: id, trace: trace, startedAt: ContinuousClock.now, method: Self.methodName(head, bytes),
            path: path,
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
