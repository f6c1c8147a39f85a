// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The provider's pages as Mustache; `{{…}}` is escaped, `{{{style}}}` is our own constant.
enum DemoPageTemplates {
    /// Light and dark by the reader's preference, one column that fits small screens, nothing loaded from anywhere.
    static let style = """
        :root { color-scheme: light dark; --back: #f2f4f8; --card: #ffffff; --text: #1a2233; --soft: #55607a; \
        --line: #d5dbe8; --accent: #1f54d6; --on-accent: #ffffff; --note: #eef3ff; --bad: #b3261e; --bad-back: #fdecea }
        @media (prefers-color-scheme: dark) { :root { --back: #10141d; --card: #1a2130; --text: #e9edf6; \
        --soft: #a5b0c8; --line: #333e55; --accent: #86aaff; --on-accent: #0c1530; --note: #202b45; \
        --bad: #ff9d94; --bad-back: #3a1d1d } }
        * { box-sizing: border-box }
        body { margin: 0; min-height: 100vh; padding: 1.25rem; display: grid; place-items: center; \
        background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
        main { width: 100%; max-width: 27rem; background: var(--card); border: 1px solid var(--line); \
        border-radius: 1rem; padding: clamp(1.25rem, 5vw, 2rem); box-shadow: 0 1rem 2.5rem rgb(15 25 50 / .08) }
        .brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1.25rem; color: var(--soft); \
        font-size: .9rem; font-weight: 600 }
        .brand svg { width: 1.6rem; height: 1.6rem; color: var(--accent); flex: none }
        h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .35rem; overflow-wrap: anywhere }
        p { margin: .35rem 0 1rem; overflow-wrap: anywhere }
        .soft { color: var(--soft); font-size: .925rem }
        label { display: block; font-weight: 600; margin: 0 0 .9rem }
        input { display: block; width: 100%; margin-top: .3rem; padding: .65rem .75rem; font: inherit; \
        color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: .6rem }
        button { width: 100%; padding: .7rem 1rem; font: inherit; font-weight: 650; border-radius: .6rem; \
        border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer }
        button.second { background: transparent; color: var(--text); border-color: var(--line) }
        button:hover { filter: brightness(1.06) }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
        .buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin-top: 1.25rem }
        .note, .bad { border-radius: .6rem; padding: .75rem .9rem; margin: 1.25rem 0 0; background: var(--note); \
        font-size: .925rem }
        .bad { background: var(--bad-back); color: var(--bad); margin: 0 0 1rem; font-weight: 600 }
        table { border-collapse: collapse; width: 100%; margin-top: .4rem }
        th { text-align: left; font-weight: 500; color: var(--soft) }
        th, td { padding: .15rem .5rem .15rem 0 }
        code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere }
        dl { margin: 1rem 0 0; border-top: 1px solid var(--line) }
        dt { color: var(--soft); font-size: .85rem; margin-top: .75rem }
        dd { margin: .1rem 0 0; overflow-wrap: anywhere }
        ul { margin: .25rem 0 0; padding-left: 1.2rem }
        a { color: var(--accent) }
        """

    private static func page(_ body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{{title}} · Gatehouse demo</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <main>
        <p class="brand"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" \
        stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3 21V8l3-2 3 2M15 8l3-2 3 2v13M9 \
        21V8h6v13M3 21h18M12 12v5M9 4h6v4H9z"/></svg>Gatehouse demo · identity provider</p>
        \(body)
        </main>
        </body>
        </html>

        """
    }

    static let signIn = page(
        """
        <h1>Sign in</h1>
        <p class="soft">to continue to <strong>{{client}}</strong></p>
        {{#problem}}<p class="bad" role="alert">{{problem}}</p>{{/problem}}
        <form method="post" action="{{action}}">
        <input type="hidden" name="form" value="{{form}}">
        <label>User name<input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" \
        required autofocus maxlength="64"></label>
        <label>Password<input name="password" type="password" autocomplete="current-password" required \
        maxlength="64"></label>
        <button type="submit" name="step" value="sign-in">Sign in</button>
        </form>
        <div class="note">This is a demonstration: two people live here, and these are their passwords.
        <table><tr><th scope="col">User name</th><th scope="col">Password</th></tr>
        {{#users}}<tr><td><code>{{username}}</code></td><td><code>{{password}}</code></td></tr>{{/users}}</table></div>
        """)

    static let consent = page(
        """
        <h1>Let {{client}} in?</h1>
        <p class="soft">It asks to use tools in your name. The name was chosen by the program itself.</p>
        <form method="post" action="{{action}}">
        <input type="hidden" name="form" value="{{form}}">
        <dl>
        <dt>You are</dt><dd><strong>{{user}}</strong> <span class="soft">{{email}}</span></dd>
        <dt>It wants to use</dt><dd><code>{{resource}}</code></dd>
        <dt>It will be able to</dt><dd><ul>{{#scopes}}<li>{{text}} <code>{{scope}}</code></li>{{/scopes}}</ul></dd>
        <dt>The answer goes to</dt><dd><code>{{destination}}</code><br><span class="soft">{{destinationKind}}</span></dd>
        </dl>
        <div class="buttons">
        <button type="submit" name="step" value="allow">Allow</button>
        <button type="submit" name="step" value="deny" class="second">Deny</button>
        </div>
        </form>
        <p class="note">Allow only if you just asked this program to connect. \
        <a href="{{action}}?switch">Use another account</a></p>
        """)

    static let failure = page(
        """
        <h1>{{title}}</h1>
        <p>{{text}}</p>
        <p class="soft">Nothing was sent to the program that asked. Close this page and begin again there.</p>
        """)

    static let home = page(
        """
        <h1>Identity provider of the demo</h1>
        <p>Programs send people here to sign in; there is nothing to do on this page itself.</p>
        <dl>
        <dt>Issuer</dt><dd><code>{{issuer}}</code></dd>
        <dt>Protects</dt><dd><code>{{resource}}</code></dd>
        <dt>Metadata</dt><dd><a href="/.well-known/oauth-authorization-server">OAuth</a> · \
        <a href="/.well-known/openid-configuration">OpenID Connect</a> · <a href="/jwks">keys</a></dd>
        </dl>
        """)
}
