// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import Testing

/// What becomes of octets that a client sends, read as the gate reads them: head, path, body, next head.
enum Reading: Equatable, CustomStringConvertible {
    /// Every message in the octets is whole and sound.
    case accepted
    case refused(HTTPRefusal)
    /// More octets are needed: the gate would wait, then time out; nothing whole is forwarded.
    case incomplete
    /// The connection ends after a sound message; octets behind it are not looked at.
    case closed(unread: Int)

    /// - Parameter addsHost: gives a request its `Host` where that is all it lacks.
    init(_ octets: [UInt8], addsHost: Bool = false) {
        var scanner = RequestHeadScanner()
        var head = RequestHead()
        var rest = octets[...]
        while !rest.isEmpty {
            let bytes = Array(rest)
            switch scanner.scan(bytes.span, into: &head) {
            case .incomplete:
                self = .incomplete
                return
            case .refused(.hostMissing) where addsHost:
                let lineEnd = (bytes.firstIndex(of: 0x0A) ?? 0) + 1
                rest = bytes[..<lineEnd] + Array("Host: a\r\n".utf8) + bytes[lineEnd...]
                continue
            case .refused(let refusal):
                self = .refused(refusal)
                return
            case .complete: break
            }
            do throws(HTTPRefusal) {
                if head.targetRange.count > 1 || bytes[head.targetRange.lowerBound] == UInt8(ascii: "/") {
                    _ = try NormalizedPath(bytes.span.extracting(head.pathRange))
                }
                var framer = BodyFramer(head.framing)
                let body = Array(bytes[head.headBytes...])
                let used = try framer.consume(body.span) { _ in }
                guard framer.isComplete else {
                    self = .incomplete
                    return
                }
                rest = rest.dropFirst(head.headBytes + used)
            } catch {
                self = .refused(error)
                return
            }
            guard head.keepsAlive else {
                self = .closed(unread: rest.count)
                return
            }
        }
        self = .accepted
    }

    var description: String {
        switch self {
        case .accepted: "accepted"
        case .refused(let refusal): "refused: \(refusal)"
        case .incomplete: "incomplete"
        case .closed(let unread): "closed, \(unread) unread"
        }
    }

    var isAccepted: Bool {
        switch self {
        case .accepted, .closed: true
        case .refused, .incomplete: false
        }
    }
}

/// Scans a whole head.
func scanned(_ text: String, limits: HeadLimits = HeadLimits()) throws -> (head: RequestHead, bytes: [UInt8]) {
    let bytes = Array(text.utf8)
    var scanner = RequestHeadScanner(limits: limits)
    var head = RequestHead()
    let result = scanner.scan(bytes.span, into: &head)
    try #require(result == .complete, "\(text.debugDescription): \(result)")
    return (head, bytes)
}

/// What the scanner says of octets.
func verdict(_ bytes: [UInt8], limits: HeadLimits = HeadLimits()) -> ScanResult {
    var scanner = RequestHeadScanner(limits: limits)
    var head = RequestHead()
    return scanner.scan(bytes.span, into: &head)
}

func verdict(_ text: String) -> ScanResult { verdict(Array(text.utf8)) }

/// Scans a whole answer head.
func scannedAnswer(_ text: String, to method: HTTPMethod = .get) throws -> (head: ResponseHead, bytes: [UInt8]) {
    let bytes = Array(text.utf8)
    var scanner = ResponseHeadScanner()
    var head = ResponseHead()
    let result = scanner.scan(bytes.span, answering: method, into: &head)
    try #require(result == .complete, "\(text.debugDescription): \(result)")
    return (head, bytes)
}

func answerVerdict(_ text: String, to method: HTTPMethod = .get) -> ScanResult {
    let bytes = Array(text.utf8)
    var scanner = ResponseHeadScanner()
    var head = ResponseHead()
    return scanner.scan(bytes.span, answering: method, into: &head)
}

/// The text of an octet array.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// The octets at a range, as text.
func text(_ bytes: [UInt8], _ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

/// Whether a path is canonical as it stands.
func isCanonical(_ path: [UInt8]) -> Bool { NormalizedPath.isCanonical(path.span, 0..<path.count) }

func normalized(_ path: [UInt8]) throws(HTTPRefusal) -> [UInt8] { try NormalizedPath(path.span).bytes }
