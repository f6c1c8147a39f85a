// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Foundation

extension String {
    func write(toPath path: String) throws { try write(toFile: path, atomically: true, encoding: .utf8) }
}

func unlinkFile(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
