// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What a scanner found in the octets so far.
public enum ScanResult: Sendable, Hashable {
    /// More octets are needed.
    case incomplete
    case complete
    /// The octets can never become a message that every parser reads alike.
    case refused(HTTPRefusal)
}

/// Reads one HTTP/1.1 request head in one pass and refuses whatever another parser could read differently
/// (RFC 9112 §2 to §6, defences D8, D11, D13, D21).
///
/// ```swift
/// var scanner = RequestHeadScanner()
/// switch scanner.scan(buffer, into: &head) { … }
/// ```
/// Call ``scan(_:into:)`` with all octets of the head received so far; lines already read are not read again.
/// Stricter than RFC 9112 allows: no empty line before a request, no bare LF, no obs-fold, no underscore in a name.
public struct RequestHeadScanner: Sendable {
    public let limits: HeadLimits
    /// Where the next unread line begins; zero before the request line.
    private var position = 0
    private var facts = HeadFacts()

    public init(limits: HeadLimits = HeadLimits()) { self.limits = limits }

    /// - Returns: `complete` once the final empty line was read: `head` is then filled and the scanner ready for another head.
    public mutating func scan(_ bytes: Span<UInt8>, into head: inout RequestHead) -> ScanResult {
        do throws(HTTPRefusal) {
            guard try read(bytes, into: &head) else {
                if bytes.count >= limits.headBytes { throw tooLarge(bytes) }
                return .incomplete
            }
            try facts.finish(&head, bytes)
            reset()
            return .complete
        } catch {
            reset()
            return .refused(error)
        }
    }

    private mutating func reset() {
        position = 0
        facts = HeadFacts()
    }

    /// True when the empty line was reached.
    private mutating func read(_ bytes: Span<UInt8>, into head: inout RequestHead) throws(HTTPRefusal) -> Bool {
        if position == 0 {
            guard !bytes.isEmpty else { return false }
            head.fields.removeAll(keepingCapacity: true)
            head.method = .other
            guard let next = try RequestLine.read(bytes, limits: limits, into: &head) else { return false }
            position = next
        }
        while true {
            guard let line = try FieldLine.read(bytes, at: position, limits: limits) else { return false }
            position = line.next
            guard position <= limits.headBytes else {
                throw line.field?.id == .authorization ? .credentialTooLarge : .headTooLarge
            }
            guard let field = line.field else {
                head.headBytes = position
                return true
            }
            guard head.fields.count < limits.fieldCount else { throw .tooManyFields }
            try facts.note(field, bytes, sawBefore: head)
            head.fields.append(field)
        }
    }

    /// What to say of a head that outgrew its limit in the line that begins at `position`.
    private func tooLarge(_ bytes: Span<UInt8>) -> HTTPRefusal {
        let name = "authorization:"
        let end = position + name.utf8.count
        guard position > 0, end <= bytes.count, bytes.equalsIgnoringCase(name, at: position..<end) else {
            return .headTooLarge
        }
        return .credentialTooLarge
    }
}
