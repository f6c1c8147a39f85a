// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateSession

extension SignInAttempt {
    /// What the provider is asked, and held to.
    var request: SignInRequest {
        SignInRequest(state: state, nonce: nonce, verifier: verifier, redirectURI: redirectURI)
    }
}
