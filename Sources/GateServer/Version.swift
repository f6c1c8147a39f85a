// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The release that this is.
package enum Version {
    package static let current = "0.1.0"
}
