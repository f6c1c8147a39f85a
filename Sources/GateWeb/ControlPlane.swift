// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateOAuth
import Hummingbird
package import HummingbirdCore
package import Logging
package import NIOCore

/// Everything the gate answers through Hummingbird instead of on the data path: Easy Auth's `/.auth/…` and its pages.
///
/// The gate hands such a request on as bytes over an in-process connection; ``responder`` is what serves its far end.
/// A new endpoint is a route here and a line in the configuration's list of endpoints.
package struct ControlPlane: Sendable {
    package struct Configuration: Sendable {
        /// Easy Auth's `httpSettings.routes.apiPrefix`, without a slash at the end.
        package var prefix: String
        /// Paths that this instance answers itself, named to whoever asks for one that does not exist.
        package var endpoints: [String]

        package init(prefix: String = "/.auth", endpoints: [String] = []) {
            self.prefix = prefix
            self.endpoints = endpoints
        }
    }

    private let configuration: Configuration
    private let logger: Logger
    private let router: any HTTPResponder<BasicRequestContext>

    package init(configuration: Configuration = Configuration(), logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: UnknownEndpoints(configuration: configuration))
        self.router = router.buildResponder()
    }

    /// What a `HTTPChannelHandler` of HummingbirdCore calls for each request.
    package var responder: HTTP1Channel.Responder {
        { @concurrent request, writer, channel in
            let response = await respond(to: request, on: channel)
            try await writer.write(response: response.head, body: response.body)
        }
    }

    /// Answers one request; never throws, so that the connection stays usable.
    package func respond(to request: Request, on channel: any Channel) async -> Response {
        let context = BasicRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        do {
            return try await router.respond(to: request, context: context)
        } catch {
            logger.error("control plane failed", error: error)
            return ProblemDetails(kind: "internal", title: "Internal error", status: 500).response
        }
    }
}

/// Answers what no route answers, saying what exists instead.
private struct UnknownEndpoints: RouterMiddleware {
    typealias Context = BasicRequestContext

    let configuration: ControlPlane.Configuration

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound || error.status == .methodNotAllowed {
            return problem(for: request).response
        }
    }

    private func problem(for request: Request) -> ProblemDetails {
        let sessions = ["login", "me", "refresh", "logout"].map { configuration.prefix + "/" + $0 }
        let isSession = sessions.contains { name in
            request.uri.path == name || request.uri.path.hasPrefix(name + "/")
        }
        let reason =
            isSession
            ? "Browser sessions (\(sessions.joined(separator: ", "))) are not part of this release: "
                + "it protects resources with bearer tokens only."
            : "There is no such endpoint."
        let known =
            configuration.endpoints.isEmpty
            ? "" : " Endpoints of this gate: \(configuration.endpoints.joined(separator: ", "))."
        return ProblemDetails(
            kind: "not-found", title: "No such endpoint", status: 404, detail: reason + known,
            extensions: ["endpoints": .array(configuration.endpoints.map(JSONValue.string))])
    }
}

extension ProblemDetails {
    /// The document as an HTTP answer.
    var response: Response {
        Response(
            status: HTTPResponse.Status(code: status), headers: [.contentType: Self.mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}
