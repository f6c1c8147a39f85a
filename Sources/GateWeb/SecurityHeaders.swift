// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Hummingbird

/// Header fields on everything the gate answers itself: nothing is sniffed, framed, cached or told to other sites.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    /// For pages that say nothing else: no content of any kind may load.
    static var lockedPolicy: String {
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers.setIfAbsent(.contentSecurityPolicy, Self.lockedPolicy)
        response.headers.setIfAbsent(.cacheControl, "no-store")
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers.setIfAbsent("Referrer-Policy", "no-referrer")
        response.headers.setIfAbsent("X-Frame-Options", "DENY")
        response.headers.setIfAbsent("Cross-Origin-Resource-Policy", "same-origin")
        return response
    }
}

extension HTTPFields {
    fileprivate mutating func setIfAbsent(_ name: Element.Name, _ value: String) {
        if self[name] == nil { self[name] = value }
    }

    fileprivate mutating func setIfAbsent(_ name: String, _ value: String) {
        guard let name = Element.Name(name) else { return }
        setIfAbsent(name, value)
    }
}
