// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateOAuth
import GateTestKit
import Testing

@testable import GateServer

/// What `check` says before `serve` fails.
@Suite struct StartCheckTests {
    private static func problems(_ adjust: (inout Settings) throws -> Void) throws -> [String] {
        var settings = Settings()
        settings.publicURL = try HTTPURL("https://m.example")
        settings.upstreams = [Settings.Upstream(url: "http://127.0.0.1:3000")]
        try adjust(&settings)
        return StartCheck(settings).problems()
    }

    @Test("settings that work have no problem")
    func good() throws {
        #expect(try Self.problems { _ in } == [])
        #expect(
            try Self.problems { $0.audit = .file("/tmp/gatehouse-audit-\(UInt32.random(in: 0...UInt32.max)).log") }
                == [])
    }

    @Test("files that are not there, or not what they should be, are named with their setting")
    func files() throws {
        let tls = try Self.problems { $0.tls = Settings.TLS(certificate: "/nope.pem", key: "/nope.key") }
        #expect(tls.count == 1 && tls[0].hasPrefix("tls (/nope.pem, /nope.key): "))
        for path in ["/nope.pem", "/etc/hostname"] {
            let authority = try Self.problems {
                $0.upstreams = [Settings.Upstream(url: "https://127.0.0.1", certificateAuthority: path)]
            }
            #expect(authority.count == 1 && authority[0].hasPrefix("upstreams[0].certificateAuthority (\(path)): "))
        }
        #expect(
            try Self.problems { $0.audit = .file("/nope/a.log") } == [
                "audit.to (/nope/a.log): there is no folder /nope"
            ])
        #expect(try Self.problems { $0.audit = .file("/tmp") } == ["audit.to (/tmp): is a directory"])
    }

    @Test("a provider that cannot work is named")
    func provider() throws {
        let problems = try Self.problems {
            var provider = Settings.Provider(id: ProviderID("corp"), kind: .openIDConnect)
            provider.clientID = ClientID("c")
            provider.wellKnown = "https://id.example/metadata"
            $0.providers = [provider]
        }

        #expect(problems.count == 1 && problems[0].contains("corp"))
    }
}
