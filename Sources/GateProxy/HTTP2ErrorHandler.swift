// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import NIOCore
import NIOHTTP2

/// Ends an HTTP/2 connection whose octets cannot be read any further (RFC 9113 §5.4.1); the frame that says so was sent already.
///
/// Other errors are those of single streams, which were reset.
final class HTTP2ErrorHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is NIOHTTP2Errors.UnableToParseFrame, is NIOHTTP2Errors.BadClientMagic: context.close(promise: nil)
        // Not the protocol's but the socket's.
        case is IOError, is ChannelError: context.close(promise: nil)
        default: break
        }
    }
}
