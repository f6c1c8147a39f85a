// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateOAuth
import Testing

@Suite("Egress guard")
struct AddressClassifierTests {
    @Test(
        "every special-purpose address is recognised (RFC 6890), also inside an IPv6 address",
        arguments: [
            ("8.8.8.8", AddressClass.global), ("1.1.1.1", .global), ("172.32.0.1", .global), ("100.128.0.1", .global),
            ("192.169.0.1", .global), ("198.20.0.1", .global), ("223.255.255.255", .global), ("11.0.0.1", .global),
            ("127.0.0.1", .loopback), ("127.255.255.255", .loopback), ("0.0.0.0", .reserved), ("0.1.2.3", .reserved),
            ("10.0.0.1", .privateUse), ("172.16.0.1", .privateUse), ("172.31.255.255", .privateUse),
            ("192.168.1.1", .privateUse), ("100.64.0.1", .sharedAddressSpace), ("100.127.255.255", .sharedAddressSpace),
            ("169.254.1.1", .linkLocal), ("169.254.169.254", .metadata), ("169.254.170.2", .metadata),
            ("100.100.100.200", .metadata), ("168.63.129.16", .metadata), ("192.0.0.192", .metadata),
            ("192.0.0.1", .reserved), ("192.0.2.1", .reserved), ("198.18.0.1", .reserved),
            ("198.19.255.255", .reserved),
            ("198.51.100.1", .reserved), ("203.0.113.1", .reserved), ("192.88.99.1", .reserved),
            ("224.0.0.1", .reserved),
            ("239.255.255.255", .reserved), ("240.0.0.1", .reserved), ("255.255.255.255", .reserved),
            ("::1", .loopback), ("::", .reserved), ("::127.0.0.1", .reserved), ("::ffff:127.0.0.1", .loopback),
            ("::ffff:8.8.8.8", .global), ("::ffff:a00:1", .privateUse), ("::ffff:169.254.169.254", .metadata),
            ("64:ff9b::7f00:1", .loopback), ("64:ff9b::10.0.0.1", .privateUse), ("64:ff9b::8.8.8.8", .global),
            ("64:ff9b:1::1", .reserved), ("2002:7f00:1::", .reserved), ("2002:808:808::1", .reserved),
            ("2001:0:53aa:64c::1", .reserved), ("2001:db8::1", .reserved), ("3fff::1", .reserved),
            ("2001:20::1", .reserved),
            ("fc00::1", .privateUse), ("fdff::1", .privateUse), ("fd00:ec2::254", .metadata),
            ("fd20:ce::254", .metadata),
            ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .reserved), ("ff02::1", .reserved),
            ("100::1", .reserved), ("5f00::1", .reserved), ("2606:4700::1111", .global), ("2a00:1450::1", .global),
            ("2001:4860:4860::8888", .global), ("2001:200::1", .global),
        ])
    func classes(_ text: String, _ expected: AddressClass) throws {
        let address = try #require(IPAddress(text))

        #expect(AddressClassifier.classify(address) == expected)
        #expect(IPAddress(address.description) == address)
    }

    @Test(
        "only plain spellings are addresses",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "127.1", "0x7f000001", "2130706433", "1.2.3.-4",
            "1..2.3", "a.b.c.d",
            ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "::1%eth0", "[::1]",
            "1:2:3:4:5:6:7:8::",
            "::1.2.3", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "+1::", "１.2.3.4",
        ])
    func notAddresses(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("octets of any other length are no address")
    func octets() {
        #expect(IPAddress(octets: [127, 0, 0, 1]) == IPAddress("127.0.0.1"))
        #expect(IPAddress(octets: [UInt8](repeating: 0, count: 15) + [1]) == IPAddress("::1"))
        #expect(IPAddress(octets: [1, 2, 3]) == nil)
    }

    @Test("the default reaches the public internet by https only")
    func publicOnly() throws {
        let policy = EgressPolicy.publicOnly

        #expect(policy.allows(try #require(IPAddress("8.8.8.8")), isPlainHTTP: false))
        #expect(!policy.allows(try #require(IPAddress("8.8.8.8")), isPlainHTTP: true))
        for text in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "100.64.0.1"] {
            #expect(!policy.allows(try #require(IPAddress(text)), isPlainHTTP: false))
        }
    }

    @Test(
        "loopback needs a loopback issuer, private networks the operator's word, metadata addresses are never reached")
    func configured() throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let inside = try #require(IPAddress("10.1.2.3"))
        let metadata = try #require(IPAddress("169.254.169.254"))
        let local = EgressPolicy.configured(for: try HTTPURL("http://127.0.0.1:9000"))
        let remote = EgressPolicy.configured(for: try HTTPURL("https://login.example"))
        let wide = EgressPolicy.configured(for: try HTTPURL("https://login.example"), allowsPrivateNetworks: true)
        let wider = EgressPolicy.configured(
            for: try HTTPURL("http://keycloak.internal"), allowsPrivateNetworks: true,
            allowsPlainHTTPInPrivateNetworks: true)

        #expect(local.allows(loopback, isPlainHTTP: true))
        #expect(!local.allows(inside, isPlainHTTP: false))
        #expect(!remote.allows(loopback, isPlainHTTP: false))
        #expect(wide.allows(inside, isPlainHTTP: false))
        #expect(!wide.allows(inside, isPlainHTTP: true))
        #expect(!wide.allows(loopback, isPlainHTTP: false))
        #expect(wider.allows(inside, isPlainHTTP: true))
        for policy in [local, remote, wide, wider] { #expect(!policy.allows(metadata, isPlainHTTP: false)) }
    }
}
