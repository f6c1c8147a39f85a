// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The operating system's part of configuration: small files and what tells one version of them from another.
package enum ConfigurationFiles {
    /// Why a file was not read.
    package struct ReadError: Error, Sendable, CustomStringConvertible {
        package let description: String
        /// Whether there is simply no such file.
        package let isMissing: Bool
    }

    /// Reads a whole file of at most `limit` octets, 1 MiB if not said otherwise.
    package static func read(_ path: String, limit: Int = 1_024 * 1_024) throws(ReadError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            throw ReadError(description: text(of: code), isMissing: code == ENOENT || code == ENOTDIR)
        }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unistdRead(descriptor, &buffer)
            guard count >= 0 else {
                guard errno == EINTR else { throw ReadError(description: text(of: errno), isMissing: false) }
                continue
            }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else {
                throw ReadError(description: "larger than \(limit) octets", isMissing: false)
            }
        }
    }

    private static func unistdRead(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
        #if canImport(Glibc)
        Glibc.read(descriptor, &buffer, buffer.count)
        #elseif canImport(Musl)
        Musl.read(descriptor, &buffer, buffer.count)
        #else
        Darwin.read(descriptor, &buffer, buffer.count)
        #endif
    }

    private static func text(of code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "there is no such file"
        case EACCES, EPERM: "not permitted"
        case EISDIR: "is a directory"
        default: "error \(code)"
        }
    }

    /// What changes whenever a file is written, replaced, or a link on the way to it points elsewhere.
    struct Fingerprint: Sendable, Hashable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var seconds: Int64
        var nanoseconds: Int64
    }

    /// Links are followed; nil when nothing is there.
    static func fingerprint(_ path: String) -> Fingerprint? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
        let modified = status.st_mtimespec
        #else
        let modified = status.st_mtim
        #endif
        return Fingerprint(
            device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino),
            size: Int64(status.st_size), seconds: Int64(modified.tv_sec), nanoseconds: Int64(modified.tv_nsec))
    }

    /// How many bits an address of this text has: 32, 128, or nil for no address.
    static func addressWidth(_ text: String) -> Int? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return 32 }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, text, &v6) == 1 { return 128 }
        return nil
    }
}
