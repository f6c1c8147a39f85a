// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import NIOCore

/// How many event loops this process should have.
enum ProcessorCount {
    /// The processors that the process may run on, which `taskset` or a cpuset may have limited (proc(5), `Cpus_allowed_list`).
    static var available: Int {
        guard let status = try? ConfigurationFiles.read("/proc/self/status"), let count = allowed(in: status) else {
            return System.coreCount
        }
        return min(count, System.coreCount)
    }

    /// Counts a list such as `0-3,8`; nil when there is none.
    static func allowed(in status: [UInt8]) -> Int? {
        let name = "Cpus_allowed_list:"
        guard
            let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first(where: {
                $0.hasPrefix(name)
            })
        else {
            return nil
        }
        var count = 0
        for part in line.dropFirst(name.count).split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
            guard let first = ends.first, let last = ends.last, last >= first else { return nil }
            count += last - first + 1
        }
        return count > 0 ? count : nil
    }
}
