// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// Puts a ``DemoResponder`` behind a loopback socket until graceful shutdown.
package struct DemoHTTPService: Service {
    /// Most octets of a request body; more is 413.
    static let mostBodyBytes = 1 << 20

    private let address: LoopbackAddress
    private let responder: any DemoResponder
    private let logger: Logger
    private let started: @Sendable () async -> Void

    /// - Parameter started: called once the socket is open.
    package init(
        at address: LoopbackAddress, responder: any DemoResponder, logger: Logger,
        started: @escaping @Sendable () async -> Void = {}
    ) {
        self.address = address
        self.responder = responder
        self.logger = logger
        self.started = started
    }

    /// - Throws: ``DemoError`` when the address cannot be listened on.
    package func run() async throws {
        let hasStarted = Atomic(false)
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            responder: Bridge(responder: responder),
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { _ in
                hasStarted.store(true, ordering: .relaxed)
                await started()
            },
            logger: logger)
        do {
            try await application.run()
        } catch {
            guard !hasStarted.load(ordering: .relaxed), !(error is CancellationError) else { throw error }
            throw DemoError(.addressUnavailable, address: address.authority, cause: "\(error)")
        }
    }
}

/// Translates between Hummingbird's messages and the demo's.
private struct Bridge: HTTPResponder {
    typealias Context = BasicRequestContext

    let responder: any DemoResponder

    func respond(to request: Request, context: Context) async throws -> Response {
        // A web page whose name was rebound to 127.0.0.1 sends its own name as authority.
        guard let authority = request.head.authority, LoopbackAddress.isLoopback(authority: authority) else {
            return Self.response(.text(421, "this service is only for loopback"))
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: DemoHTTPService.mostBodyBytes)
        } catch is NIOTooManyBytesError {
            return Self.response(.text(413, "the body is too large"))
        }
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let demo = DemoRequest(
            method: request.method.rawValue, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
            fields: request.headers.map { ($0.name.canonicalName, $0.value) }, body: Array(body.readableBytesView))
        return Self.response(await responder.respond(to: demo))
    }

    private static func response(_ answer: DemoResponse) -> Response {
        var fields = HTTPFields()
        for field in answer.fields {
            guard let name = HTTPFields.Element.Name(field.name) else { continue }
            fields.append(HTTPFields.Element(name: name, value: field.value))
        }
        let body: ResponseBody
        switch answer.body {
        case .bytes(let bytes): body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .stream(let produce):
            body = ResponseBody { writer in
                let pieces = AsyncThrowingStream<[UInt8], any Error>.makeStream()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do {
                            try await produce { pieces.continuation.yield($0) }
                            pieces.continuation.finish()
                        } catch {
                            pieces.continuation.finish(throwing: error)
                        }
                    }
                    for try await piece in pieces.stream { try await writer.write(ByteBuffer(bytes: piece)) }
                    group.cancelAll()
                }
                try await writer.finish(nil)
            }
        }
        return Response(status: HTTPResponse.Status(code: answer.status), headers: fields, body: body)
    }
}
