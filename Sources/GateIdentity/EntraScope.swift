// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

extension EntraConfiguration {
    /// How a scope that is asked for with its resource stands in a token's `scp`: `api://<id>/mcp.read` as `mcp.read`.
    ///
    /// Metadata and challenges name the first form, because that is what clients must ask Entra for; policy compares
    /// the second. A scope of any other resource is left alone, and so never satisfied.
    package func grantedForm(ofScope advertised: String) -> String {
        var prefixes = allowedAudiences.map { "\($0)/" }
        prefixes += ["api://\(clientID.rawValue)/", "\(clientID.rawValue)/"]
        // The longest prefix is the most exact one.
        let matching = prefixes.filter { advertised.utf8.starts(with: $0.utf8) }.max { $0.utf8.count < $1.utf8.count }
        guard let matching, advertised.utf8.count > matching.utf8.count else { return advertised }
        return String(Substring(advertised.utf8.dropFirst(matching.utf8.count)))
    }
}
