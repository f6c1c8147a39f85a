// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The gate's pages as Mustache; every value comes escaped (``Pages/escaped(_:)``), but for `style`, which is our own constant.
enum PageTemplates {
    static let frame = """
        <!doctype html>
        <html lang="{{{language}}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{{{title}}} · {{{site}}}</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <main>
        <p class="brand"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" \
        stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3 21V8l3-2 3 2M15 8l3-2 3 2v13M9 \
        21V8h6v13M3 21h18M12 12v5M9 4h6v4H9z"/></svg>{{{site}}}</p>
        <h1>{{{title}}}</h1>
        {{#problem}}<p class="bad" role="alert">{{{problem}}}</p>{{/problem}}
        {{#text}}<p>{{{text}}}</p>{{/text}}
        {{#person}}<p class="soft">{{{signedInAs}}} <strong>{{{person}}}</strong></p>{{/person}}
        {{#hasLinks}}<ul class="buttons">
        {{#links}}<li><a class="button{{#isSecond}} second{{/isSecond}}" href="{{{target}}}">{{{label}}}</a></li>
        {{/links}}</ul>{{/hasLinks}}
        {{#hasFacts}}<dl>
        {{#facts}}<dt>{{{name}}}</dt><dd><code>{{{value}}}</code></dd>
        {{/facts}}</dl>{{/hasFacts}}
        </main>
        </body>
        </html>

        """
}
