// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import NIOSSL

/// A certificate for `localhost` and `127.0.0.1` with its authority: for these tests only, its key is known to everybody.
package enum TestCertificates {
    package static func server(alpn: [String] = ["h2", "http/1.1"]) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
        configuration.applicationProtocols = alpn
        return try NIOSSLContext(configuration: configuration)
    }

    package static func client(alpn: [String]) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([
            try NIOSSLCertificate(bytes: Array(authority.utf8), format: .pem)
        ])
        configuration.applicationProtocols = alpn
        return try NIOSSLContext(configuration: configuration)
    }

    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBeDCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAjMSEwHwYDVQQDDBhHYXRlaG91
        c2UgdGVzdCBhdXRob3JpdHkwIBcNMjQwMTAxMDAwMDAwWhgPMjEyNDAxMDEwMDAw
        MDBaMCMxITAfBgNVBAMMGEdhdGVob3VzZSB0ZXN0IGF1dGhvcml0eTBZMBMGByqG
        SM49AgEGCCqGSM49AwEHA0IABPaO+SlCXbduJNQM9eIYm21hV3sVzo0veuPSlops
        v7T0hiK9WBZv8cvtzaWoZ/uWfP++KuFNhOw4aW3pPsiZJEajQjBAMA8GA1UdEwEB
        /wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBS4KukdwKe8ZOfDFxuq
        hgNxT1goRjAKBggqhkjOPQQDAgNHADBEAiB2RPnXZ4wboRxlVpsZh/YusR4WZchp
        Jc+WK7VBEcUlpQIgU1nEZa0bEEH1ChrxUiHQcvD1vO2Ezr8aGc8FVOE9UZE=
        -----END CERTIFICATE-----

        """

    package static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBkTCCATegAwIBAgIBAjAKBggqhkjOPQQDAjAjMSEwHwYDVQQDDBhHYXRlaG91
        c2UgdGVzdCBhdXRob3JpdHkwIBcNMjQwMTAxMDAwMDAwWhgPMjEyNDAxMDEwMDAw
        MDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEH
        A0IABFFsuc6VRVwWEPJUpgDGv4mlKjx5JGvtvTD+zzVu/IiWrnBe0w7B99BoXSWi
        KjRbZNkN5EyflKwCZUUQh0hC7gCjaTBnMAkGA1UdEwQCMAAwGgYDVR0RBBMwEYIJ
        bG9jYWxob3N0hwR/AAABMB0GA1UdDgQWBBT9JD4U/kZJswhuaugYnM7sitpMjjAf
        BgNVHSMEGDAWgBS4KukdwKe8ZOfDFxuqhgNxT1goRjAKBggqhkjOPQQDAgNIADBF
        AiEA3h9VzZCvFjtQe85DyJQDgttygvJDOkjAtC5WXRE8QbsCIAj3HiEQQaBH6zbE
        OtoZd2mx7U1gufiFC7aAstPAyDWD
        -----END CERTIFICATE-----

        """

    package static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6sFfxvZZOQyGd31D
        xEcgfi2sUZKGTnYzNUwg48tniqOhRANCAARRbLnOlUVcFhDyVKYAxr+JpSo8eSRr
        7b0w/s81bvyIlq5wXtMOwffQaF0loio0W2TZDeRMn5SsAmVFEIdIQu4A
        -----END PRIVATE KEY-----

        """
}
