// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What every cookie of the gate has in common, and how it is written (RFC 6265 §4.1).
package struct CookieAttributes: Sendable, Hashable {
    package enum SameSite: String, Sendable { case lax = "Lax", none = "None" }

    /// Whether clients reach the gate by https only; then cookies never travel in the clear.
    package var isSecure: Bool

    package init(isSecure: Bool) { self.isSecure = isSecure }

    /// A `Set-Cookie` value: for the whole site, out of the reach of scripts.
    ///
    /// - Parameter maximumAge: in whole seconds; zero ends the cookie.
    func cookie(_ name: String, _ value: String, maximumAge: Int64, sameSite: SameSite = .lax) -> String {
        // A browser takes None from a secure cookie only.
        let sameSite = isSecure ? sameSite : .lax
        let secure = isSecure ? "; Secure" : ""
        return
            "\(name)=\(value); Path=/; Max-Age=\(max(0, maximumAge)); HttpOnly\(secure); SameSite=\(sameSite.rawValue)"
    }

    func ended(_ name: String, sameSite: SameSite = .lax) -> String {
        cookie(name, "deleted", maximumAge: 0, sameSite: sameSite)
    }
}
