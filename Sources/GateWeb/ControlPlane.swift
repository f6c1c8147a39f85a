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
package struct ControlPlane: Sendable {
    package struct Configuration: Sendable {
        /// Easy Auth's `httpSettings.routes.apiPrefix`, without a slash at the end.
        package var prefix: String
        /// Easy Auth's `login.routes.logoutEndpoint`.
        package var logoutEndpoint: String?

        package init(prefix: String = "/.auth", logoutEndpoint: String? = nil) {
            self.prefix = prefix
            self.logoutEndpoint = logoutEndpoint
        }
    }

    private let configuration: Configuration
    private let logger: Logger
    private let router: any HTTPResponder<BasicRequestContext>

    /// - Throws: when a page's template is not well-formed, which tests exclude.
    package init(configuration: Configuration = Configuration(), signIn: SignInService, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: UnknownEndpoints(prefix: configuration.prefix))
        try SignInRoutes(signIn).add(
            to: router, prefix: configuration.prefix, logoutEndpoint: configuration.logoutEndpoint)
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

    let prefix: String

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound || error.status == .methodNotAllowed {
            return problem(for: request).response
        }
    }

    private static let endpoints = ["login", "login/<provider>", "me", "refresh", "logout"]

    private func problem(for request: Request) -> ProblemDetails {
        let known = Self.endpoints.map { "\(prefix)/\($0)" }
        return ProblemDetails(
            kind: "not-found", title: "No such endpoint", status: 404,
            detail: "Endpoints of this gate: \(known.joined(separator: ", ")).",
            extensions: ["endpoints": .array(known.map(JSONValue.string))])
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
