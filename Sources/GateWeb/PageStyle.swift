// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJSON

/// The one style sheet of the gate's pages: light and dark by the reader's preference, small screens first, nothing loaded from anywhere.
enum PageStyle {
    static let sheet = """
        :root { color-scheme: light dark; --back: #f3f5f9; --card: #ffffff; --text: #182033; --soft: #525d75; \
        --line: #d3d9e6; --accent: #1d4ed8; --on-accent: #ffffff; --bad: #b3261e; --bad-back: #fdecea }
        @media (prefers-color-scheme: dark) { :root { --back: #0f131b; --card: #192130; --text: #e8ecf5; \
        --soft: #a4afc6; --line: #333e54; --accent: #8ab0ff; --on-accent: #0b142d; --bad: #ff9d94; --bad-back: #3a1d1d } }
        * { box-sizing: border-box }
        body { margin: 0; min-height: 100vh; padding: 1.25rem; display: grid; place-items: center; \
        background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
        main { width: 100%; max-width: 27rem; background: var(--card); border: 1px solid var(--line); \
        border-radius: 1rem; padding: clamp(1.25rem, 5vw, 2rem); box-shadow: 0 1rem 2.5rem rgb(15 25 50 / .08) }
        .brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1.25rem; color: var(--soft); \
        font-size: .9rem; font-weight: 600; overflow-wrap: anywhere }
        .brand svg { width: 1.6rem; height: 1.6rem; color: var(--accent); flex: none }
        h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .35rem; overflow-wrap: anywhere }
        p { margin: .35rem 0 1rem; overflow-wrap: anywhere }
        .soft { color: var(--soft); font-size: .925rem }
        .bad { margin-top: 1rem; border-radius: .6rem; padding: .75rem .9rem; background: var(--bad-back); color: var(--bad) }
        .buttons { display: grid; gap: .7rem; margin: 1.25rem 0 0; padding: 0; list-style: none }
        .button { display: block; width: 100%; padding: .7rem 1rem; text-align: center; text-decoration: none; \
        font: inherit; font-weight: 650; border-radius: .6rem; border: 1px solid var(--accent); \
        background: var(--accent); color: var(--on-accent); cursor: pointer; overflow-wrap: anywhere }
        .button.second { background: transparent; color: var(--text); border-color: var(--line) }
        .button:hover { filter: brightness(1.06) }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
        dl { margin: 1.25rem 0 0; border-top: 1px solid var(--line); font-size: .9rem }
        dt { color: var(--soft); font-size: .85rem; margin-top: .75rem }
        dd { margin: .1rem 0 0; overflow-wrap: anywhere }
        code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere }
        a { color: var(--accent) }
        """

    /// The content security policy of the pages: this style sheet and nothing else; forms lead back here only (defence D27).
    static let contentSecurityPolicy: String = {
        let digest = Base64.encode(Array(SHA256.hash(data: Array(sheet.utf8))))
        return "default-src 'none'; style-src 'sha256-\(digest)'; base-uri 'none'; form-action 'self'; "
            + "frame-ancestors 'none'"
    }()
}
