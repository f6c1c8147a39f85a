// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A person who can sign in to the demo; the password is printed on the sign-in page.
package struct DemoUser: Sendable, Hashable {
    package var username: String
    package var password: String
    /// `sub`: never changes, and is not the user name.
    package var subject: String
    package var fullName: String
    package var email: String
    package var groups: [String]
    package var roles: [String]

    package static let everybody = [
        DemoUser(
            username: "alice", password: "password", subject: "d3m0-0001-alice", fullName: "Alice Example",
            email: "alice@example.test", groups: ["staff", "admins"], roles: ["admin"]),
        DemoUser(
            username: "bob", password: "password", subject: "d3m0-0002-bob", fullName: "Bob Example",
            email: "bob@example.test", groups: ["staff"], roles: ["member"]),
    ]
}
