// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the operating system says of this process, under the names every Prometheus client uses.
package struct ProcessMetrics: Sendable {
    private let version: String
    private let startedAt: Double

    /// - Parameters:
    ///   - version: the program's version, for `gatehouse_build_info`.
    ///   - startedAt: seconds since 1970.
    package init(version: String, startedAt: Double) {
        self.version = version
        self.startedAt = startedAt
    }

    package func write(to text: inout PrometheusText) {
        text.begin("gatehouse_build_info", .gauge, help: "The version that runs; always 1.")
        text.sample("gatehouse_build_info", [("version", version)], UInt64(1))
        text.begin("process_start_time_seconds", .gauge, help: "When the process started, since 1970.")
        text.sample("process_start_time_seconds", [], startedAt)

        var usage = rusage()
        if getrusage(Self.wholeProcess, &usage) == 0 {
            let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            let microseconds = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
            text.begin("process_cpu_seconds_total", .counter, help: "Processor time used, user and system.")
            text.sample("process_cpu_seconds_total", [], seconds + microseconds / 1_000_000)
        }
        var limit = rlimit()
        if getrlimit(Self.openFiles, &limit) == 0, limit.rlim_cur < UInt64(Int64.max) {
            text.begin("process_max_fds", .gauge, help: "Most files and sockets that may be open.")
            text.sample("process_max_fds", [], UInt64(limit.rlim_cur))
        }
        if let pages = Self.residentPages() {
            text.begin("process_resident_memory_bytes", .gauge, help: "Memory in use that is not swapped out.")
            text.sample(
                "process_resident_memory_bytes", [], UInt64(pages) * UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 0)))
        }
        if let count = Self.openDescriptorCount() {
            text.begin("process_open_fds", .gauge, help: "Files and sockets that are open.")
            text.sample("process_open_fds", [], UInt64(count))
        }
    }

    #if canImport(Glibc)
    private static var wholeProcess: __rusage_who_t { RUSAGE_SELF.rawValue }
    private static var openFiles: __rlimit_resource_t { Int32(bitPattern: RLIMIT_NOFILE.rawValue) }
    #else
    private static var wholeProcess: Int32 { RUSAGE_SELF }
    private static var openFiles: Int32 { RLIMIT_NOFILE }
    #endif

    /// The second number of Linux's `/proc/self/statm`; nil elsewhere.
    private static func residentPages() -> Int? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var digits: [Int] = [0]
        while true {
            let character = getc(file)
            guard character >= 0 else { break }
            if character == 0x20 {
                digits.append(0)
            } else if character >= 0x30, character <= 0x39 {
                digits[digits.count - 1] = digits[digits.count - 1] * 10 + Int(character - 0x30)
            }
        }
        return digits.count > 1 ? digits[1] : nil
    }

    private static func openDescriptorCount() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Without `.`, `..` and the directory itself.
        return max(0, count - 3)
    }
}
