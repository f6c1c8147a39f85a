"""Advisories about tokens: audience, issuer and client that were not checked, other kinds of token, compressed and encrypted ones."""
import json, os, time, zlib
import gates, seclib
from harness import AUDIENCE
from spoken import Cases, MESSAGE, TYPED


def run(gate, report):
    resources(gate, report)
    claims(gate, report)
    anything_goes(gate, report)
    symmetric(gate, report)
    kinds(gate, report)
    compressed(gate, report)
    startup(gate, report)
    secrets(gate, report)
    metadata(gate, report)


def bad(cases, what, token, statuses=(401,), **more):
    cases.refused(what, statuses=statuses, challenged=True, token=token, **more)


def resources(gate, report):
    """CVE-2025-69196: tokens were issued for, and taken at, the base address whatever resource was asked for. GHSA-r7rh-jww5-5fjr: a token
    for one service was taken by another."""
    cases = Cases(gate, report, "CVE-2025-69196")
    for audience in ("https://mcp.example.test", "https://mcp.example.test/", "https://mcp.example.test/mcp/",
                     "https://mcp.example.test/mcp/x", "https://mcp.example.test/other",
                     "https://mcp.example.test/mc", "https://mcp.example.test/mcp?x", "https://mcp.example.test:443/mcp",
                     "http://mcp.example.test/mcp", "https://MCP.example.test/mcp",
                     f"http://{gate.host}/mcp", "mcp.example.test", "/mcp", "*", ""):
        bad(cases, f"audience {audience.replace(str(gate.port), 'PORT')!r}", gate.token(aud=audience))
    cases.passes("control: the resource's own audience", token=gate.token(aud=AUDIENCE))
    two = gates.Lazy(gates.TwoResourcesGate)
    for name in ("CVE-2025-69196", "GHSA-r7rh-jww5-5fjr"):
        cases = Cases(two, report, name)
        audience = lambda path: f"https://mcp.example.test{path}"
        for title_path, other in (("/a", "/b"), ("/b", "/a"), ("/a/deep", "/a"), ("/a", "/a/deep"), ("/a/deep/x", "/a"),
                                  ("/a/x", "/a/deep"), ("/a", "")):
            for protocol, title in cases.each(f"a token for {other or 'the site'} at {title_path}"):
                answer, hits = cases.send(protocol, path=title_path, token=two.token(aud=audience(other), scope="read write"))
                report.check(title, answer.status == 401 and not hits and 'error="invalid_token"' in answer.first("www-authenticate"),
                             f"{answer} {len(hits)}")
        for path, own in (("/a", "/a"), ("/a/x", "/a"), ("/a/deep", "/a/deep"), ("/a/deep/x", "/a/deep"), ("/b", "/b"), ("/adeep", None)):
            for protocol, title in cases.each(f"control: {path} with a token for {own or 'the site'}"):
                answer, hits = cases.send(protocol, path=path, token=two.token(aud=audience(own or ""), scope="read write"))
                report.check(title, answer.status == 200 and len(hits) == 1, f"{answer} {len(hits)}")
    cases = Cases(two, report, "GHSA-r7rh-jww5-5fjr")
    for protocol, title in cases.each("a token that was taken at one resource is judged anew at the next"):
        token = two.token(aud=["https://mcp.example.test/a", "https://mcp.example.test/a/deep"], scope="read")
        sent = [cases.send(protocol, path=path, token=token) for path in ("/a", "/a/deep", "/a", "/a/deep", "/b")]
        report.check(title, [a.status for a, _ in sent] == [200, 403, 200, 403, 401] and [len(h) for _, h in sent] == [1, 0, 1, 0, 0],
                     f"{[a.status for a, _ in sent]} {[len(h) for _, h in sent]}")
    for protocol, title in cases.each("what is missing is asked for, together with what is held"):
        answer, _ = cases.send(protocol, path="/a/deep", token=two.token(aud="https://mcp.example.test/a/deep", scope="read"))
        challenge = answer.first("www-authenticate")
        report.check(title, answer.status == 403 and 'error="insufficient_scope"' in challenge and "read" in challenge
                     and "write" in challenge, challenge)
    two.stop()


def claims(gate, report):
    """ai-gateway#2641: an issuer was configured and never compared; so every claim is changed here in turn. GHSA-wcvh-g65p-v576: a signature
    alone was enough, without issuer, audience or expiry."""
    now = int(time.time())
    issuer = gate.issuer
    cases = Cases(gate, report, "ai-gateway#2641")
    for value in (None, "", "https://evil.example", issuer + "/", issuer + "/x", issuer.upper(), issuer.replace("127.0.0.1", "localhost"),
                  issuer + "?", issuer + "#", issuer + " ",
                  [issuer], {"iss": issuer}, 1, True, issuer.replace("http:", "https:"), "//" + issuer.split("//")[1],
                  issuer.split("//")[1], issuer + "\u200b", issuer + "\0"):
        bad(cases, f"iss {str(value).replace(str(gate.op_port), 'PORT')!r}", gate.token(iss=value))
    for name, what, wrong in (("aud", "another", "https://other.example"), ("aud", "missing", None), ("exp", "an hour ago", now - 3600),
                              ("exp", "missing", None),
                              ("nbf", "in an hour", now + 3600), ("iat", "in an hour", now + 3600), ("sub", "missing", None),
                              ("sub", "empty", ""),
                              ("sub", "a number", 7), ("sub", "a list", ["alice"])):
        bad(cases, f"{name} {what}", gate.token(**{name: wrong}))
    bad(cases, "the issuer in another member", gate.token(iss=None, issuer=issuer, Iss=issuer))
    cases.passes("control: none of them changed")
    for value in ("name", "scope", "client_id", "jti", "iat", "nbf"):
        cases.passes(f"control: without {value}, which need not be there", token=gate.token(**{value: None}))

    cases = Cases(gate, report, "GHSA-wcvh-g65p-v576")
    for names in (("iss", "aud", "exp"), ("aud",), ("iss",), ("exp",), ("iss", "aud"), ("aud", "exp"), ("iss", "exp")):
        bad(cases, f"signed, without {' and '.join(names)}", gate.token(**{n: None for n in names}))
    bad(cases, "signed, and nothing else", seclib.compact({"alg": "RS256", "kid": "rsa-1"}, {},
                                                          lambda m: gate.keys["rsa-1"].sign("RS256", m)))
    bad(cases, "signed, with a subject alone", seclib.compact({"alg": "RS256", "kid": "rsa-1"}, {"sub": "alice"},
                                                              lambda m: gate.keys["rsa-1"].sign("RS256", m)))
    cases.passes("control: with all of them")


def anything_goes(gate, report):
    """CVE-2022-29226: any bearer token at all was taken for a good one."""
    cases = Cases(gate, report, "CVE-2022-29226")
    good = gate.token()
    head, payload, signature = good.split(".")
    for what, token in {"a word": "x", "a name": "alice", "dots": "..", "a JWT of nobody's": "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
                        "true": "true", "a zero": "0", "base64": "YWxpY2U6c2VjcmV0", "a UUID": "5c8f31f0-1111-2222-3333-444455556666",
                        "a token of GitHub's shape": "gho_" + "a" * 36, "a token of Google's shape": "ya29.a0" + "b" * 60,
                        "a token without its signature": f"{head}.{payload}.", "a token without its last octet": good[:-1],
                        "a token's parts in another order": f"{payload}.{head}.{signature}", "a token twice": f"{good}.{good}",
                        "another token's signature": f"{head}.{payload}.{gate.token(sub='eve').split('.')[2]}",
                        "a token of another provider": gate.token(key="evil", header={"kid": "evil"}, iss="https://evil.example"),
                        "a forgery in our name": gate.token(key="evil", header={"kid": "rsa-1"}),
                        "a forgery without kid": gate.token(key="evil", header={"kid": None}),
                        "unsigned": seclib.b64u(b'{"alg":"none"}') + f".{payload}.", "slashes": "a/b+c==", "a tilde": "~"}.items():
        bad(cases, what, token)
    for what, field in {"nothing after the scheme": "Bearer", "only a space": "Bearer ", "Basic": "Basic YWxpY2U6c2VjcmV0",
                        "Negotiate": "Negotiate YII=", "a token as Basic": f"Basic {good}", "no scheme": good}.items():
        cases.refused(what, statuses=(401,), challenged=True, token=None, fields=[("Authorization", field)], protocols=("h1",)
                      if field.endswith(" ") else ("h1", "h2"))
    cases.passes("control: a good token")


def symmetric(gate, report):
    """FastMCP#3419 and #3430: the issuer's public key, which everybody has, served as the secret of an HMAC."""
    cases = Cases(gate, report, "FastMCP#3430")
    key = gate.keys["rsa-1"]
    jwks = json.dumps({"keys": [gate.keys[k].jwk() for k in seclib.PUBLISHED]})
    secrets = {"PEM": key.pem(), "PEM without its last line end": key.pem().strip(), "PKCS 1": key.pem("pkcs1"), "DER": key.der(),
               "the JWK": json.dumps(key.jwk()).encode(), "the JWK set": jwks.encode(), "the modulus": key.jwk()["n"].encode(),
               "the modulus' octets": seclib.unb64u(key.jwk()["n"]), "kid": b"rsa-1", "an empty secret": b"", "the client id": b"cli",
               "the issuer": gate.issuer.encode()}
    for what, secret in secrets.items():
        for algorithm in ("HS256", "HS384", "HS512"):
            token = seclib.compact({"alg": algorithm, "kid": "rsa-1", "typ": "at+jwt"}, gate.claims(),
                                   lambda m: seclib.mac(algorithm, secret, m))
            bad(cases, f"{algorithm} with {what}", token)
    cases.passes("control: RS256 with the private key")
    cases.passes("control: ES256 with the private key", token=gate.token(key="ec-1", algorithm="ES256"))


def kinds(gate, report):
    """FastMCP#3524: a refresh token worked as an access token. mod_auth_openidc 2026: logout tokens."""
    cases = Cases(gate, report, "FastMCP#3524")
    for what, changes in {"token_use refresh": {"token_use": "refresh"}, "token_use id": {"token_use": "id"},
                          "claim typ Refresh": {"typ": "Refresh"}, "claim typ Offline": {"typ": "Offline"},
                          "claim typ ID": {"typ": "ID"}}.items():
        bad(cases, f"{what} in the claims", gate.token(header={"typ": "JWT"}, **changes))
    for kind in ("refresh+jwt", "rt+jwt", "application/rt+jwt", "id+jwt", "authorization+jwt", "token-introspection+jwt",
                 "oauth-id-jag+jwt", "client-authentication+jwt", "Refresh", "JWT "):
        bad(cases, f"typ {kind}", gate.token(header={"typ": kind}))
    for what, changes in {"nonce": {"nonce": "n"}, "at_hash": {"at_hash": "x"}, "c_hash": {"c_hash": "x"}}.items():
        bad(cases, f"an ID token: {what}", gate.token(header={"typ": "JWT"}, **changes))
        bad(cases, f"an ID token for the client: {what}", gate.token(header={"typ": "JWT"}, aud="cli", **changes))
    cases.passes("control: typ at+jwt", token=gate.token(token_use="access", typ="Bearer"))
    cases.passes("control: typ application/at+jwt", token=gate.token(header={"typ": "application/at+jwt"}))
    cases = Cases(gate, report, "mod_auth_openidc-2026")
    event = {"http://schemas.openid.net/event/backchannel-logout": {}}
    for what, token in {"with its typ": gate.token(header={"typ": "logout+jwt"}, events=event),
                        "without typ": gate.token(header={"typ": None}, events=event, sid="1"),
                        "as a JWT": gate.token(header={"typ": "JWT"}, events=event)}.items():
        bad(cases, f"a logout token as bearer, {what}", token)


def compressed(gate, report):
    """mod_auth_openidc 2026: an encrypted token that unpacks to a thousand times its size."""
    cases = Cases(gate, report, "mod_auth_openidc-2026")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"\0" * (4 << 20)) + packer.flush()
    jwe = lambda header, *rest: ".".join([seclib.b64u(seclib.dumps(header)), *(seclib.b64u(octets) for octets in rest)])
    vector, tag = bytes(12), bytes(16)
    for what, token in {
        "JWE dir": jwe({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, b"", vector, bomb[:4000], tag),
        "JWE RSA-OAEP with our encryption key's id": jwe({"alg": "RSA-OAEP", "enc": "A128GCM", "zip": "DEF", "kid": "rsa-enc"}, bytes(256),
                                                         vector, bomb[:3500], tag),
        "JWE PBES2 with ten million rounds": jwe({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 10_000_000, "p2s": "AAAAAAAAAAA"},
                                                 bytes(24), vector, b"x", tag),
        "JWS with zip": seclib.compact({"alg": "RS256", "kid": "rsa-1", "zip": "DEF"}, bomb[:3000],
                                       lambda m: gate.keys["rsa-1"].sign("RS256", m)),
    }.items():
        for protocol, title in cases.each(what):
            before, started = gates.resident(gate), time.time()
            answer, hits = cases.send(protocol, token=token)
            report.check(title, answer.status == 401 and not hits and time.time() - started < 1 and gates.resident(gate) - before < 8 << 10,
                         f"{answer} {len(hits)} arrived, {time.time() - started:.2f} s, {gates.resident(gate) - before} KiB more")
    for what, target in {"access_token twice in the query": "/mcp?access_token={t}&access_token=x",
                         "access_token in the query, then a field": "/mcp?access_token={t}"}.items():
        token = gate.token()
        more = dict(fields=[("Authorization", "Bearer " + token)]) if "field" in what else {}
        cases.refused(what, statuses=(400, 401), path=target.replace("{t}", token), token=None, **more)
    for what, token in {"iss twice": '"iss":"https://evil.example"', "aud twice": '"aud":"https://other.example"',
                        "exp twice": '"exp":9999999999'}.items():
        payload = json.dumps(gate.claims())[:-1] + "," + token + "}"
        bad(cases, f"{what}, last", seclib.compact({"alg": "RS256", "kid": "rsa-1"}, payload,
                                                   lambda m: gate.keys["rsa-1"].sign("RS256", m)))
        bad(cases, f"{what}, first", seclib.compact({"alg": "RS256", "kid": "rsa-1"}, "{" + token + "," + json.dumps(gate.claims())[1:],
                                                    lambda m: gate.keys["rsa-1"].sign("RS256", m)))
    for protocol, title in cases.each("sixty unknown kids do not each make the provider be asked"):
        asked = lambda: sum("/jwks" in entry["path"] for entry in gate.provider_log())
        before = asked()
        sent = [cases.send(protocol, token=gate.token(header={"kid": os.urandom(6).hex()})) for _ in range(60)]
        report.check(title, {a.status for a, _ in sent} == {401} and not any(h for _, h in sent) and asked() - before <= 3,
                     f"{asked() - before} fetches")
    cases.passes("control: a plain token meanwhile")


def startup(gate, report):
    """GHSA-wcvh-g65p-v576: without an audience nothing is protected, so that the gate does not start. CVE-2024-39315 and others: what a
    configuration must not say."""
    name = "GHSA-wcvh-g65p-v576"
    custom = lambda registration: {"identityProviders": {"customOpenIdConnectProviders": {"lab": {"registration": registration}}}}
    place = {"wellKnownOpenIdConfiguration": gate.issuer + "/.well-known/openid-configuration"}
    for what, settings in {
        "no client id": custom({"openIdConnectConfiguration": place}),
        "an empty client id": custom({"clientId": "", "openIdConnectConfiguration": place}),
        "no issuer": custom({"clientId": "cli", "openIdConnectConfiguration": {}}),
        "keys without an issuer": custom({"clientId": "cli",
                                          "openIdConnectConfiguration": {"certificationUri": gate.issuer + "/jwks"}}),
        "no provider": {"identityProviders": {}},
        "Entra without an issuer": {"identityProviders": {"azureActiveDirectory": {"registration": {"clientId": "cli"}}}},
    }.items():
        title = f"{name} the gate does not start with {what}"
        if report.wants(title):
            code, said = gates.check_settings(gate, settings)
            report.check(title, code == 2, f"exit {code}: {said[:300]}")
    for what, yaml in {"an unsigned algorithm": "providers:\n  lab:\n    algorithms: [none]\n",
                       "a symmetric algorithm": "providers:\n  lab:\n    algorithms: [RS256, HS256]\n",
                       "ten minutes of leeway": "providers:\n  lab:\n    clockSkew: 10m\n"}.items():
        title = f"{name} the gate does not start with {what}"
        if report.wants(title):
            code, said = gates.check_settings(gate, yaml=gate.yaml() + yaml)
            report.check(title, code == 2, f"exit {code}: {said[:300]}")
    title = f"{name} control: it starts with a client id, whose audience is the resource"
    if report.wants(title):
        code, said = gates.check_settings(gate, custom({"clientId": "cli", "openIdConnectConfiguration": place}))
        report.check(title, code == 0, f"exit {code}: {said[:300]}")


def secrets(gate, report):
    """CVE-2024-39315: a page showed the user's tokens. mod_auth_openidc 2026: secrets in the log."""
    cases = Cases(gate, report, "CVE-2024-39315")
    for what, request, statuses in (("401", dict(token=gate.token(exp=1)), (401,)),
                                    ("403", dict(method="POST", fields=[*TYPED, ("Origin", "https://evil.example")], body=MESSAGE), (403,)),
                                    ("404", dict(path="/.auth/nothing"), (404,)), ("/.auth/me", dict(path="/.auth/me"), (401,)),
                                    ("400", dict(path="/mcp/../x"), (400,)), ("415", dict(method="POST", body="x"), (415,)),
                                    ("405", dict(method="PATCH", body="x"), (405,)),
                                    ("413", dict(method="POST", fields=TYPED, body="[" * (5 << 20)), (400, 413)),
                                    ("421", dict(host="evil.example"), (421,)), ("502", dict(path="/evil/garbage/x"), (502,)),
                                    ("metadata", dict(path="/.well-known/oauth-protected-resource/mcp"), (200,))):
        for protocol, title in cases.each(f"the gate's own {what} shows neither token nor what was asked for"):
            token = request.get("token") or gate.token()
            script = "%3Cscript%3Ealert(1)%3C/script%3E"
            path = request.get("path", "/mcp") + ("?x=" + script if "." not in request.get("path", "") else "")
            answer, hits = cases.send(protocol, **{**request, "token": token, "path": path})
            shown = [part for part in (*token.split("."), "<script>", script) if len(part) > 12 and part in answer.text]
            safe = answer.first("content-type").startswith(("application/json",
                                                            "application/problem+json")) and answer.first("x-content-type-options") == "nosniff"
            report.check(title, (answer.status in statuses or protocol == "h2" and answer.broken) and not shown
                         and (safe or answer.broken or answer.status == 502), f"{answer} {shown} {answer.fields}")
    cases = Cases(gate, report, "mod_auth_openidc-2026")
    for protocol, title in cases.each("tokens, cookies and other secrets do not reach the log"):
        told = {what: "s" + os.urandom(12).hex() for what in ("cookie", "password", "query", "opaque", "key", "form", "session")}
        good, expired = gate.token(), gate.token(exp=1)
        fields = [("Cookie", f"AppServiceAuthSession={told['cookie']}"), ("X-API-Key", told["key"]), ("Mcp-Session-Id", told["session"])]
        for request in (dict(token=good, fields=fields), dict(token=expired, fields=fields), dict(token=told["opaque"]),
                        dict(token=None, fields=[("Authorization", f"Basic {told['password']}")]),
                        dict(token=None, path=f"/mcp?access_token={told['query']}"),
                        dict(method="POST", token=good, fields=TYPED,
                             body=f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"x","arguments":{{"p":"{told["form"]}"}}}}}}'),
                        dict(path=f"/evil/garbage/x?access_token={told['query']}", token=None),
                        dict(path=f"/public/../x?t={told['query']}", token=good)):
            cases.send(protocol, **request)
        time.sleep(0.5)
        log = (gate.folder / "gatehouse.log").read_text(errors="replace")
        told.update(good=good.split(".")[2], expired=expired.split(".")[2], claims=good.split(".")[1])
        report.check(title, log.count("\n") > 4 and not [what for what, text in told.items() if text in log],
                     f"{[what for what, text in told.items() if text in log]}")


def metadata(gate, report):
    """MCP spec#1721 and python-sdk#2629: a client that is told of another resource, or another issuer, can be led to hand over its token."""
    cases = Cases(gate, report, "spec#1721")
    for where in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp",
                  "/mcp/.well-known/oauth-protected-resource"):
        for what, fields in {"asked for plainly": [], "with X-Forwarded-Host": [("X-Forwarded-Host", "evil.example"),
                                                                                ("X-Forwarded-Proto", "http")],
                             "with Forwarded": [("Forwarded", "host=evil.example;proto=http")],
                             "with a path of its own": [("X-Original-URL", "/evil"), ("X-Forwarded-Prefix", "/evil")]}.items():
            for protocol, title in cases.each(f"{where} {what} names the configured resource and issuer, exactly"):
                answer, _ = cases.send(protocol, path=where, token=None, fields=fields)
                try:
                    document = json.loads(answer.body)
                except ValueError:
                    document = {}
                report.check(title, answer.status == 200 and document.get("resource") == AUDIENCE
                             and document.get("authorization_servers") == [gate.issuer] and "evil" not in answer.text, f"{answer}")
    for protocol, title in cases.each("the challenge names the same metadata, whatever is asked"):
        seen = {cases.send(protocol, token=None, fields=fields, host=host)[0].first("www-authenticate") for fields, host in
                (([], None), ([("X-Forwarded-Host", "evil.example")], None), ([("X-Forwarded-Proto", "http")], "mcp.example.test:443"),
                 ([("Forwarded", "host=evil.example")], f"localhost:{gate.port}"))}
        report.check(title, len(seen) == 1 and 'resource_metadata="https://mcp.example.test/' in next(iter(seen)), f"{seen}")
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/mcp",
                 "/.well-known/openid-configuration", "/mcp/.well-known/openid-configuration"):
        cases.refused(f"{path}: the gate is no authorization server, and none answers in its name", statuses=(404,), path=path, token=None)
