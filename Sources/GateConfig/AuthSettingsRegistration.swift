// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateOAuth

extension AuthSettingsDocument {
    private static let certificateKeys = [
        "clientSecretCertificateThumbprint", "clientSecretCertificateSubjectAlternativeName",
        "clientSecretCertificateIssuer",
    ]

    /// Reads `registration`, which every kind of provider spells in its own way.
    mutating func registration(_ object: DocumentReader.Object, _ provider: inout Settings.Provider) {
        let (client, secret): (String, String) =
            switch provider.kind {
            case .facebook: ("appId", "appSecretSettingName")
            case .x: ("consumerKey", "consumerSecretSettingName")
            case .entra, .google, .gitHub, .apple, .microsoftAccount, .openIDConnect:
                ("clientId", "clientSecretSettingName")
            }
        var keys = [client]
        switch provider.kind {
        case .openIDConnect: keys += ["clientCredential", "openIdConnectConfiguration"]
        case .entra: keys += [secret, "openIdIssuer"] + Self.certificateKeys
        case .google, .gitHub, .apple, .facebook, .x, .microsoftAccount: keys.append(secret)
        }
        guard let registration = reader.object(object, "registration", keys: keys) else { return }
        provider.clientID = reader.nonEmptyString(registration, client).map { ClientID($0) }
        if provider.kind == .openIDConnect {
            let credential = reader.object(
                registration, "clientCredential", keys: ["method", "clientSecretSettingName"])
            provider.clientSecretSettingName = reader.nonEmptyString(credential, "clientSecretSettingName")
            let methods = Settings.Provider.CredentialMethod.allCases
            let expected = methods.map(\.rawValue).joined(separator: ", ")
            let method = reader.value(credential, "method", expected: expected) { text in
                methods.first { $0.rawValue.lowercased() == text.lowercased() }
            }
            if let method { provider.credentialMethod = method }
            openIDConnect(registration, &provider)
        } else {
            provider.clientSecretSettingName = reader.nonEmptyString(registration, secret)
        }
        guard provider.kind == .entra else { return }
        provider.issuer = reader.nonEmptyString(registration, "openIdIssuer")
        for name in Self.certificateKeys where reader.nonEmptyString(registration, name) != nil {
            guard let node = registration[name] else { continue }
            reader.report(
                .note, registration.path(name), at: node.position,
                "has no effect in this release: Gatehouse proves itself with a secret")
        }
    }

    private mutating func openIDConnect(_ registration: DocumentReader.Object, _ provider: inout Settings.Provider) {
        let keys = [
            "authorizationEndpoint", "tokenEndpoint", "issuer", "certificationUri", "wellKnownOpenIdConfiguration",
        ]
        guard let configuration = reader.object(registration, "openIdConnectConfiguration", keys: keys) else { return }
        provider.issuer = reader.nonEmptyString(configuration, "issuer")
        provider.keySetURL = reader.nonEmptyString(configuration, "certificationUri")
        provider.wellKnown = reader.nonEmptyString(configuration, "wellKnownOpenIdConfiguration")
        provider.authorizationEndpoint = reader.nonEmptyString(configuration, "authorizationEndpoint")
        provider.tokenEndpoint = reader.nonEmptyString(configuration, "tokenEndpoint")
        guard let wellKnown = provider.wellKnown else { return }
        // "When set, the other four are ignored" – but an issuer that agrees is kept, for the metadata to be held to.
        if let issuer = provider.issuer, !Self.agrees(wellKnown, with: issuer), let node = configuration["issuer"] {
            provider.issuer = nil
            reader.report(
                .warning, configuration.path("issuer"), at: node.position,
                "is ignored, since wellKnownOpenIdConfiguration is set and names another issuer",
                suggestion: "remove one of them")
        }
        provider.authorizationEndpoint = nil
        provider.tokenEndpoint = nil
        if provider.keySetURL != nil, let node = configuration["certificationUri"] {
            provider.keySetURL = nil
            reader.report(
                .warning, configuration.path("certificationUri"), at: node.position,
                "is ignored, since wellKnownOpenIdConfiguration is set", suggestion: "remove one of them")
        }
    }

    /// OpenID Connect Discovery 1.0 §4: the issuer without its last slash, then the well-known path.
    private static func agrees(_ wellKnown: String, with issuer: String) -> Bool {
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        return wellKnown.utf8.elementsEqual("\(base)/.well-known/openid-configuration".utf8)
    }
}
