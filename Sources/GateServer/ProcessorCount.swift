// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

#if canImport(Glibc)
import Glibc
#endif
import NIOCore

/// How many event loops this process should have.
enum ProcessorCount {
    /// The processors that the process may run on, which a container or `taskset` may have limited.
    static var available: Int {
        #if canImport(Glibc)
        var set = cpu_set_t()
        if sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 {
            let count = withUnsafeBytes(of: set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
            if count > 0 { return min(count, System.coreCount) }
        }
        #endif
        return System.coreCount
    }
}
