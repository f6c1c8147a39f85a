// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateOAuth

/// What policy is asked: may this principal reach this resource?
public struct AccessRequest: Sendable, Hashable {
    public var principal: Principal
    public var resource: ResourceIndicator
    /// What the token must hold, all of it.
    public var requiredScope: Scope

    public init(principal: Principal, resource: ResourceIndicator, requiredScope: Scope = []) {
        self.principal = principal
        self.resource = resource
        self.requiredScope = requiredScope
    }
}
