// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateDemo
import GateJSON
import Testing

@Suite("Demo scenario")
struct DemoScenarioTests {
    @Test("the provider and the server take the next two ports, and the documents name all three")
    func documents() throws {
        let scenario = try DemoScenario(listen: "localhost:9000")

        #expect(scenario.endpoint == "http://127.0.0.1:9000/mcp")
        #expect(scenario.issuer == "http://127.0.0.1:9001")
        #expect(scenario.upstreamURL == "http://127.0.0.1:9002")
        let settings = try JSONValue.parse(scenario.authSettings)
        let provider = settings.object?["identityProviders"]?.object?["customOpenIdConnectProviders"]?.object?["demo"]
        let registration = provider?.object?["registration"]?.object
        #expect(
            registration?["openIdConnectConfiguration"]?.object?["wellKnownOpenIdConfiguration"]?.string
                == "http://127.0.0.1:9001/.well-known/openid-configuration")
        #expect(String(decoding: scenario.gateDocument, as: UTF8.self).contains(#"upstream: "http://127.0.0.1:9002""#))
    }

    @Test("an address that others can reach is refused with the reason")
    func refusal() {
        #expect {
            try DemoScenario(listen: "0.0.0.0:9000")
        } throws: {
            "\($0)".contains("loopback only")
        }
        #expect(throws: DemoError.self) { try DemoScenario(listen: "127.0.0.1:65535") }
    }

    @Test("the banner has a line to paste for each client")
    func banner() throws {
        let text = DemoBanner(try DemoScenario(listen: "127.0.0.1:9000")).text

        for line in [
            "claude mcp add --transport http gatehouse-demo http://127.0.0.1:9000/mcp",
            #"{ "servers": { "gatehouse-demo": { "type": "http", "url": "http://127.0.0.1:9000/mcp" } } }"#,
            #"{ "mcpServers": { "gatehouse-demo": { "url": "http://127.0.0.1:9000/mcp" } } }"#,
            "[mcp_servers.gatehouse-demo]", "alice / password",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }
}
