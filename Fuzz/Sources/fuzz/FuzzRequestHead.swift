// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP

/// A head is read alike at once and octet by octet; what is forwarded of it scans to the same request; no identity field survives.
func fuzzRequestHead(_ input: [UInt8]) {
    var scanner = RequestHeadScanner()
    var head = RequestHead()
    let result = scanner.scan(input.span, into: &head)

    var slowScanner = RequestHeadScanner()
    var slowHead = RequestHead()
    var slow = ScanResult.incomplete
    var length = 0
    while slow == .incomplete, length < input.count {
        length += 1
        slow = slowScanner.scan(input.span.extracting(0..<length), into: &slowHead)
    }
    if case .complete = result {
        precondition(slow == .complete && slowHead.headBytes == head.headBytes && slowHead.fields == head.fields)
        forwarded(head, input)
    } else if case .refused = result {
        if case .complete = slow { preconditionFailure("accepted octet by octet, refused at once") }
    }
}

private func forwarded(_ head: RequestHead, _ input: [UInt8]) {
    var edits = RequestEdits(appendedLines: Array("X-MS-CLIENT-PRINCIPAL-ID: alice\r\n".utf8))
    // An old client may leave it out; the gate then writes its own, since the upstream is spoken to in HTTP/1.1.
    if head.first(.host) == nil { edits.host = Array("a".utf8) }
    var written: [UInt8] = []
    RequestHeadWriter.write(head, input.span, edits, into: &written)
    var scanner = RequestHeadScanner(limits: HeadLimits(headBytes: 1 << 20, fieldCount: 400, lineBytes: 1 << 16, targetBytes: 1 << 16))
    var again = RequestHead()
    let result = scanner.scan(written.span, into: &again)
    precondition(result == .complete, "what was forwarded is refused: \(result)")
    precondition(again.headBytes == written.count)
    precondition(again.count(.identity) == 1 && again.count(.ambiguousName) == 0 && again.count(.host) <= 1)
    precondition(again.first(.connection) == nil && again.first(.authorization) == nil && again.first(.pathOverride) == nil)
    switch (head.framing, again.framing) {
    case (.none, .none), (.chunked, .chunked): break
    case (.length(let a), .length(let b)): precondition(a == b)
    default: preconditionFailure("the framing changed on the way")
    }
    var body = BodyFramer(head.framing)
    let rest = Array(input[head.headBytes...])
    _ = try? body.consume(rest.span) { _ in }
}

/// A chunked body gives the same content at once and octet by octet, and what is passed on is itself a sound body of that content.
func fuzzBody(_ input: [UInt8]) {
    func content(_ octets: [UInt8], stepping: Int) -> (content: [UInt8], isComplete: Bool, failed: Bool) {
        var framer = BodyFramer(.chunked, output: .content)
        var content: [UInt8] = []
        var position = 0
        while position < octets.count, !framer.isComplete {
            let piece = Array(octets[position..<min(octets.count, position + stepping)])
            do {
                let consumed = try framer.consume(piece.span) { if case .input(let range) = $0 { content += piece[range] } }
                position += consumed
            } catch {
                return (content, false, true)
            }
        }
        return (content, framer.isComplete, false)
    }
    let whole = content(input, stepping: max(1, input.count))
    let single = content(input, stepping: 1)
    precondition(whole.isComplete == single.isComplete && whole.failed == single.failed)
    if whole.isComplete { precondition(whole.content == single.content) }

    var framer = BodyFramer(.chunked)
    var passed: [UInt8] = []
    guard
        (try? framer.consume(input.span) { piece in
            switch piece {
            case .input(let range): passed += input[range]
            case .made(let octets): passed += octets
            }
        }) != nil, framer.isComplete
    else { return }
    let again = content(passed, stepping: passed.count)
    precondition(again.isComplete && again.content == whole.content, "what was passed on says something else")
}

/// Normalising is idempotent, and what is canonical already stays as it is.
func fuzzPath(_ input: [UInt8]) {
    guard let path = try? NormalizedPath(input.span) else {
        precondition(!NormalizedPath.isCanonical(input.span, 0..<input.count), "canonical, and yet refused")
        return
    }
    guard let again = try? NormalizedPath(path.bytes.span) else { preconditionFailure("the canonical form is refused") }
    precondition(again == path)
    if NormalizedPath.isCanonical(input.span, 0..<input.count) { precondition(path.bytes == input) }
    precondition(!path.description.contains("//") && !path.description.split(separator: "/").contains(".."))
}
