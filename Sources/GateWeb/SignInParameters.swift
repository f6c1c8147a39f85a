// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateOAuth

/// The query of `/.auth/login/<provider>`: where to go afterwards, and what the link hands on to the provider.
struct SignInParameters: Sendable {
    /// What any link may hand on: hints about the person and the page, which a provider never takes as proof of anything.
    static let usual = ["prompt", "login_hint", "domain_hint", "access_type", "ui_locales", "acr_values", "max_age"]

    let returnTarget: String?
    let scope: Scope?
    let handedOn: [(name: String, value: String)]

    /// Names that are not known are left out, as Easy Auth does.
    init(query: String?, linkParameters: [String]) throws(FormParameters.ParseError) {
        let form = try FormParameters(parsing: query ?? "")
        // Both spellings are in use.
        returnTarget = form.given("post_login_redirect_uri") ?? form.given("post_login_redirect_url")
        scope = form.given("scope").map { Scope(parsing: $0) }
        handedOn = form.items.filter { item in
            !item.value.isEmpty && (Self.usual + linkParameters).contains { $0.isExactly(item.name) }
        }
    }
}
