// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateDemo
import Testing

@Suite("Demo addresses")
struct DemoAddressTests {
    @Test(
        "loopback addresses are accepted",
        arguments: [
            ("127.0.0.1:8640", "127.0.0.1:8640"), ("localhost:1", "127.0.0.1:1"), ("[::1]:80", "[::1]:80"),
            ("8640", "127.0.0.1:8640"), ("127.1.2.3:9", "127.1.2.3:9"),
        ])
    func accepts(_ text: String, _ authority: String) throws {
        #expect(try LoopbackAddress(parsing: text).authority == authority)
    }

    @Test(
        "anything else is refused, since the demo's passwords are printed on its pages",
        arguments: [
            "0.0.0.0:80", "192.168.1.2:80", "[::]:80", "example.com:80", "127.0.0.1.evil.example:80", "127.1:80",
        ])
    func refuses(_ text: String) {
        #expect { try LoopbackAddress(parsing: text) } throws: { ($0 as? DemoError)?.code == .notLoopback }
    }

    @Test("a port must be there and possible", arguments: ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "", "0"])
    func ports(_ text: String) {
        #expect { try LoopbackAddress(parsing: text) } throws: { ($0 as? DemoError)?.code == .badPort }
    }
}
