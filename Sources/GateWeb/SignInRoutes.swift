// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth
import Hummingbird

/// Easy Auth's endpoints for browsers.
struct SignInRoutes: Sendable {
    private let login: LoginController
    private let callback: CallbackController
    private let sessions: SessionController

    /// - Throws: when a page's template is not well-formed, which tests exclude.
    init(_ service: SignInService) throws {
        let pages = try Pages(site: service.configuration.publicURL.host)
        login = LoginController(service: service, pages: pages)
        callback = CallbackController(service: service, pages: pages)
        sessions = SessionController(service: service, pages: pages)
    }

    /// - Parameters:
    ///   - prefix: without a slash at the end.
    ///   - logoutEndpoint: a further path that signs out (`login.routes.logoutEndpoint`); it must lie below the prefix.
    func add(to router: Router<BasicRequestContext>, prefix: String, logoutEndpoint: String?) {
        let group = router.group(RouterPath(prefix))
        group.get("login") { request, _ in await login.choose(WebExchange(request)) }
        group.get("login/done") { request, _ in login.done(WebExchange(request)) }
        group.get("login/:provider") { request, context in
            await login.begin(try context.parameters.require("provider"), WebExchange(request))
        }
        group.get("login/:provider/callback") { request, context in
            await callback.finish(try context.parameters.require("provider"), WebExchange(request))
        }
        group.post("login/:provider/callback") { request, context in
            await callback.finish(try context.parameters.require("provider"), WebExchange(request))
        }
        group.get("me") { request, _ in sessions.me(WebExchange(request)) }
        group.get("refresh") { request, _ in sessions.refresh(WebExchange(request)) }
        group.post("refresh") { request, _ in sessions.refresh(WebExchange(request)) }
        group.get("logout") { request, _ in sessions.logout(WebExchange(request)) }
        group.post("logout") { request, _ in sessions.logout(WebExchange(request)) }
        group.get("logout/complete") { request, _ in sessions.signedOut(WebExchange(request)) }
        group.get("logout/done") { request, _ in sessions.signedOut(WebExchange(request)) }
        if let logoutEndpoint, !logoutEndpoint.utf8.elementsEqual("\(prefix)/logout".utf8) {
            router.get(RouterPath(logoutEndpoint)) { request, _ in sessions.logout(WebExchange(request)) }
        }
    }
}
