"""Advisories about identity providers: tokens of other applications, verdicts that are remembered, groups, outages of keys, addresses that are
fetched; and about browsers that are sent elsewhere, and HTTP/2 floods."""
import json, os, struct, time, urllib.parse
import d11_d21_http, gates, h2raw, seclib, stubs
from harness import AUDIENCE
from spoken import Cases, MESSAGE, TYPED, h2_fields, speak


def run(gate, report):
    stub = stubs.Provider()
    strange = gates.Lazy(lambda: gates.StubGate(stub))
    bound_tokens(strange, stub, report)
    remembered_verdicts(strange, stub, report)
    principals(strange, stub, report)
    strange.stop()
    stub.stop()
    broken_keys(report)
    fetched_addresses(report)
    redirects(report)
    crafted(gate, report)
    floods(gate, report)


def opaque(kind=""): return kind + "t" + os.urandom(18).hex()


def bound_tokens(gate, stub, report):
    """FastMCP#3405 to #3407: a token that a user had given to any other application opened the door."""
    cases = Cases(gate, report, "FastMCP#3405")
    user, now = {"id": 7, "login": "alice"}, int(time.time())
    own = lambda **changes: {"app": {"client_id": "own-app"}, "user": user, "scopes": ["read"], "expires_at": None, **changes}
    face = lambda **changes: {"app_id": "4711", "type": "USER", "is_valid": True, "user_id": "7", "scopes": ["read"],
                              "expires_at": now + 600, **changes}
    said = lambda **changes: {k: v for k, v in {"active": True, "sub": "alice", "client_id": "cli", "aud": AUDIENCE, "scope": "read",
                                                "iss": gate.issuer, "exp": now + 600, **changes}.items() if v is not None}
    rows = [
        ("GitHub", "gho_", stub.github, own(), {
            "another app": own(app={"client_id": "other-app"}), "no app": own(app=None),
            "an app of like name": own(app={"client_id": "own-app2"}), "no user": own(user=None),
            "ended": own(expires_at="2020-01-01T00:00:00Z"), "a date that is none": own(expires_at="tomorrow")}),
        ("Facebook", "EAA", stub.facebook, face(), {
            "another app": face(app_id="4712"), "another app, as a number": face(app_id=4711), "a page's token": face(type="PAGE"),
            "an app's token": face(type="APP"), "not valid": face(is_valid=False),
            "valid as a text": face(is_valid="true"), "ended": face(expires_at=now - 10),
            "access to data ended": face(data_access_expires_at=now - 10),
            "no user": face(user_id=None)}),
        ("introspection", "", stub.introspected, said(), {
            "another audience": said(aud="https://other.example"), "no audience, another client": said(aud=None, client_id="other"),
            "no audience, no client": said(aud=None, client_id=None),
            "audience of another kind": said(aud={"x": AUDIENCE}), "another issuer": said(iss="https://evil.example"),
            "not active": said(active=False), "active as a text": said(active="true"),
            "active as a number": said(active=1),
            "a refresh token": said(token_type="refresh_token"), "an ID token": said(token_type="id_token"),
            "bound to a key": said(cnf={"jkt": "x"}), "ended": said(exp=now - 90),
            "not begun": said(nbf=now + 600), "expiry as a text": said(exp="tomorrow")}),
    ]
    for provider, prefix, table, good, wrong in rows:
        for what, document in wrong.items():
            token = opaque(prefix)
            table[token] = document
            cases.refused(f"{provider}: {what}", statuses=(401, 503), token=token)
        token = opaque(prefix)
        cases.refused(f"{provider}: unknown", statuses=(401,), challenged=True, token=token)
        for protocol, title in cases.each(f"{provider}: control: our own application's"):
            token = opaque(prefix)
            table[token] = good
            answer, hits = cases.send(protocol, token=token)
            report.check(title, answer.status == 200 and len(hits) == 1 and token not in json.dumps(hits), f"{answer}")
    for prefix in ("ghp_", "github_pat_", "ghs_", "ghr_"):
        token = opaque(prefix)
        stub.github[token] = stub.introspected[token] = {**own(), **said()}
        for protocol, title in cases.each(f"GitHub: {prefix} is bound to no application, and not even asked about"):
            asked = len(stub.log)
            answer, hits = cases.send(protocol, token=token)
            report.check(title, answer.status == 401 and not hits and not any(token in str(entry) for entry in stub.log[asked:]),
                         f"{answer}")
    stub.x = {"data": {"id": "7", "username": "alice"}}
    cases.refused("X: whose tokens name no application", statuses=(401,), token=opaque())
    for protocol, title in cases.each("introspection: control: no audience, but our own client"):
        token = opaque()
        stub.introspected[token] = said(aud=None)
        answer, hits = cases.send(protocol, token=token)
        report.check(title, answer.status == 200 and len(hits) == 1, f"{answer}")


def remembered_verdicts(gate, stub, report):
    """GHSA-qvp4-rpmr-xwrr: a remembered answer about a token was used for a rule that asks for more than the first one did."""
    cases = Cases(gate, report, "GHSA-qvp4-rpmr-xwrr")
    for what, scope, expected in (("read", "read", {"/mcp": 200, "/admin": 403}), ("write", "write", {"/mcp": 403, "/admin": 200}),
                                  ("both", "read write", {"/mcp": 200, "/admin": 200}), ("neither", "", {"/mcp": 403, "/admin": 403})):
        for kind in ("opaque", "JWT"):
            for protocol, title in cases.each(f"{kind} with {what}, at both resources in turn"):
                token = opaque() if kind == "opaque" else gate.token(scope=scope)
                stub.introspected[token] = {"active": True, "sub": "alice", "client_id": "cli", "aud": AUDIENCE, "scope": scope}
                sent = [(path, *cases.send(protocol, path=path, token=token))
                        for path in ("/mcp", "/admin", "/mcp", "/admin", "/admin", "/mcp")]
                report.check(title, all(a.status == expected[p] and len(h) == (a.status == 200) for p, a, h in sent),
                             f"{[(p, a.status, len(h)) for p, a, h in sent]}")
    for protocol, title in cases.each("a refusal is not remembered for long, nor is an outage taken for a refusal"):
        token = opaque()
        secret, stub.secret = stub.secret, "changed"
        during, hits = cases.send(protocol, token=token)
        stub.secret = secret
        stub.introspected[token] = {"active": True, "sub": "alice", "client_id": "cli", "aud": AUDIENCE, "scope": "read"}
        after, later = cases.send(protocol, token=token)
        report.check(title, during.status == 503 and not hits and after.status == 200 and len(later) == 1, f"{during} {after}")


def principals(gate, stub, report):
    """GHSA-c5c4-8r6x-56w3: an address with several @ passed for one of an allowed domain. GHSA-652x: the check of groups was lost.
    Obot (to 0.21): and so was that of the principal, at one of several doors."""
    def token(**changes):
        now = int(time.time())
        claims = {"iss": stub.entra_issuer, "aud": AUDIENCE, "sub": "pairwise", "oid": "guid-of-alice", "tid": stubs.TENANT,
                  "azp": "listed-app", "groups": ["group-in"], "scp": "read",
                  "ver": "2.0", "iat": now, "nbf": now, "exp": now + 600, **changes}
        return seclib.compact({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}, {k: v for k, v in claims.items() if v is not None},
                              lambda m: stub.keys["rsa-1"].sign("RS256", m))
    cases = Cases(gate, report, "GHSA-c5c4-8r6x-56w3")
    for identity in ("user@corp.example@evil.example", "user@evil.example@corp.example", "evil@x, user@corp.example", "user@corp.example ",
                     " user@corp.example", "user@CORP.example", "user@corp.example.evil",
                     "\"user@corp.example\"@evil.example", "user+x@corp.example", "user@corp.example\n", "user@corp.example,evil",
                     "<user@corp.example>", "user%40corp.example", "user@corp.example\u200b", "*", ""):
        cases.refused(f"identity {identity!r}", statuses=(403,), token=token(oid=identity))
    for name in ("email", "preferred_username", "upn", "unique_name", "sub", "name"):
        cases.refused(f"the identity in {name}, which is no identity", statuses=(403,),
                      token=token(oid="somebody", **{name: "user@corp.example"}))
    cases.passes("control: the identity itself", token=token(oid="user@corp.example"))
    cases = Cases(gate, report, "GHSA-652x-m2gr-hppm")
    for what, changes in {"none": dict(groups=None), "empty": dict(groups=[]), "another": dict(groups=["group-out"]),
                          "a longer one": dict(groups=["group-in2"]), "in another case": dict(groups=["GROUP-IN"]),
                          "with a space": dict(groups=["group-in "]), "in a list of texts": dict(groups=["group-out,group-in"]),
                          "of another claim": dict(groups=None, group=["group-in"]), "as roles": dict(groups=None, roles=["group-in"]),
                          "as an object": dict(groups={"group-in": 1}),
                          "left out for their number": dict(groups=None, _claim_names={"groups": "src1"},
                                                            _claim_sources={"src1": {"endpoint": "https://graph.example"}}),
                          "hasgroups": dict(groups=None, hasgroups=True)}.items():
        cases.refused(f"groups: {what}", statuses=(401, 403), token=token(**changes))
    for protocol, title in cases.each("groups are asked for again with every token"):
        sent = [cases.send(protocol, token=token(**changes)) for changes in ({}, {"groups": []}, {}, {"groups": None})]
        report.check(title, [a.status for a, _ in sent] == [200, 403, 200, 403] and [len(h) for _, h in sent] == [1, 0, 1, 0],
                     f"{[a.status for a, _ in sent]}")
    for what, changes in {"not listed": dict(azp="other-app"), "not named": dict(azp=None),
                          "listed only in the older claim": dict(azp="other-app", appid="listed-app"),
                          "of like name": dict(azp="listed-app2")}.items():
        cases.refused(f"application: {what}", statuses=(401, 403), token=token(**changes))
    cases.passes("control: a member of the group, through a listed application", token=token())
    cases = Cases(gate, report, "Obot-0.21")
    denied = token(oid="somebody")
    for method, path, body in (("POST", "/mcp", MESSAGE), ("GET", "/mcp", None), ("DELETE", "/mcp", None), ("HEAD", "/mcp", None),
                               ("OPTIONS", "/mcp", None), ("GET", "/mcp/x", None), ("POST", "/admin", MESSAGE), ("GET", "/elsewhere", None),
                               ("PUT", "/elsewhere", "x")):
        cases.refused(f"{method} {path} of a principal who is not allowed", statuses=(403,), method=method, path=path, body=body,
                      fields=TYPED if body else (), token=denied)
    cases.passes("control: POST /mcp of one who is", method="POST", fields=TYPED, body=MESSAGE, token=token())


def broken_keys(report):
    """CVE-2025-64527: a failed fetch of keys, and several tokens in one request, ended the process."""
    gate = gates.Lazy(lambda: gates.QuickKeysGate(start=False))
    cases = Cases(gate, report, "CVE-2025-64527")
    odd = [None, 5, "x", [], {}, {"kty": "oct", "k": "AAAA", "kid": "rsa-1"}, {"kty": "RSA", "kid": "a", "n": "", "e": "AQAB"},
           {"kty": "RSA", "kid": "b", "n": "_" * 100_000, "e": "AQAB"}, {"kty": "RSA", "kid": "c", "n": "AQAB", "e": ""},
           {"kty": "EC", "crv": "P-256", "kid": "d", "x": "A" * 43, "y": "A" * 43},
           {"kty": "EC", "crv": "P-256", "kid": 7, "x": "A", "y": "A"}, {"kty": "OKP", "crv": "Ed448", "kid": "e", "x": "A" * 76},
           {"kty": "RSA", "kid": "k" * 50_000, "n": "!!", "e": "AQAB"}]
    modes = {"500": "500", "half a document": "garbage", "a closed connection": "close", "128 MiB": "huge", "one octet at a time": "slow",
             "a redirect": "redirect", "keys that are an object": {"keys": {}}, "odd keys only": {"keys": odd}}

    def several_tokens(protocol):
        good, new = gate.token(), gate.token(key="evil", header={"kid": os.urandom(4).hex()})
        tries = [dict(token=good), dict(token=new), dict(token=None, fields=[("Authorization", f"Bearer {new}, Bearer {good}")]),
                 dict(token=good, fields=[("Authorization", f"Bearer {new}")]),
                 dict(token=good, path=f"/mcp?access_token={new}"),
                 dict(token=None, fields=[("Cookie", f"access_token={new}; token={good}")])]
        sent = [cases.send(protocol, **request) for request in tries]
        refused = all(a.status in (400, 401, 503) or a.broken for a, _ in sent[1:]) and not any(h for _, h in sent[1:])
        return sent[0][0].status == 200 and len(sent[0][1]) == 1 and refused, [a.status for a, _ in sent]

    for what, mode in modes.items():
        titles = list(cases.each(f"keys fetched: {what}; several tokens in one request"))
        if titles:
            gate.provider_reset()
            gate.start()
            gate.provider_set(jwks=mode)
            gates.wait_for_fetch(gate)
            for protocol, title in titles:
                good, statuses = several_tokens(protocol)
                report.check(title, good and gate.process.child.poll() is None, f"{statuses}")
            gate.process.stop()
    titles = list(cases.each("odd keys among good ones, from the start"))
    if titles:
        gate.provider_set(jwks={"keys": odd + [gate.keys[k].jwk() for k in seclib.PUBLISHED] + odd})
        gate.start()
        for protocol, title in titles:
            forged = seclib.compact({"alg": "HS256", "kid": "rsa-1"}, gate.claims(), lambda m: seclib.mac("HS256", bytes(3), m))
            sent = [cases.send(protocol, token=t)[0].status for t in (gate.token(), gate.token(key="ec-1", algorithm="ES256"), forged)]
            good, statuses = several_tokens(protocol)
            report.check(title, sent == [200, 200, 401] and good and gate.process.child.poll() is None, f"{sent} {statuses}")
    gate.stop()


def fetched_addresses(report):
    """GHSA-pr64-jmmf-jp54, FastMCP#4400 and #4419, ContextForge's redirects: metadata, tokens and redirects named inner addresses to fetch."""
    places = {"GHSA-pr64-jmmf-jp54": ["http://169.254.169.254/latest/meta-data", "http://0.0.0.0:{trap}/jwks", "http://100.100.100.200/",
                                      "http://[fe80::1]/jwks", "http://[::]:{trap}/jwks", "file:///etc/passwd",
                                      "gopher://127.0.0.1:{trap}/_x", "ftp://127.0.0.1:{trap}/x"],
              "FastMCP#4400": ["http://[64:ff9b::a9fe:a9fe]/latest", "http://[::ffff:169.254.169.254]/latest",
                               "http://[::ffff:0.0.0.0]:{trap}/jwks", "http://[fd00:ec2::254]/latest", "http://[2002:a9fe:a9fe::1]/latest",
                               "http://[2001:0:a9fe:a9fe::1]/latest",
                               "http://[fe80::5efe:a9fe:a9fe]/latest", "http://[::a9fe:a9fe]/latest",
                               "http://[64:ff9b:1::a9fe:a9fe]/x"]}
    lazy = gates.Lazy(lambda: gates.KeylessGate(start=False))
    for name, addresses in places.items():
        for address in addresses:
            title = f"{name} keys at {address.replace(':{trap}', '')} are not fetched"
            if not report.wants(title):
                continue
            with stubs.trap() as (port, caught):
                lazy.provider_set(discovery={"override": {"jwks_uri": address.replace("{trap}", str(port))}})
                lazy.start()
                statuses = [speak(lazy, protocol).status for protocol in ("h1", "h2")]
                lazy.process.stop()
                log = (lazy.folder / "gatehouse.log").read_text(errors="replace")
                said = [json.loads(line).get("gatehouse.detail", "") for line in log.split("\n") if "could not be fetched" in line]
                (lazy.folder / "gatehouse.log").write_text("")
                turned_away = said and all("may not be reached" in text or "no usable jwks_uri" in text for text in said)
                report.check(title, statuses == [503, 503] and not caught and turned_away, f"{statuses} {caught} {said}")
    title = "ContextForge-redirects a redirect to other keys is not followed"
    if report.wants(title):
        lazy.provider_reset()
        lazy.provider_set(jwks="redirect")
        lazy.start()
        statuses = [speak(lazy, protocol).status for protocol in ("h1", "h2")]
        lazy.process.stop()
        asked = [entry["path"] for entry in lazy.provider_log()]
        report.check(title, statuses == [503, 503] and any(p == "/jwks" for p in asked) and not any("canary" in p for p in asked),
                     f"{statuses} {asked}")
    title = "GHSA-pr64-jmmf-jp54 control: keys where the provider's own metadata says"
    if report.wants(title):
        lazy.provider_reset()
        lazy.start()
        statuses = [speak(lazy, protocol).status for protocol in ("h1", "h2")]
        report.check(title, statuses == [200, 200], f"{statuses}")
        cases = Cases(lazy, report, "GHSA-pr64-jmmf-jp54")
        with stubs.trap() as (port, caught):
            evil = f"http://127.0.0.1:{port}"
            for what, token in {"iss": lazy.token(iss=evil), "jku": lazy.token(header={"jku": evil + "/jwks", "kid": "x"}),
                                "x5u": lazy.token(header={"x5u": evil + "/x", "kid": "y"}), "kid": lazy.token(header={"kid": evil + "/k"}),
                                "aud": lazy.token(aud=evil)}.items():
                cases.refused(f"an address in a token's {what}", statuses=(401,), token=token)
            cases.refused("an address in fields", statuses=(401,), token=None,
                          fields=[("X-Forwarded-Host", evil), ("Link", f"<{evil}>"), ("X-Original-URL", evil), ("Referer", evil)])
            report.check("GHSA-pr64-jmmf-jp54 nothing of it was fetched", not caught, f"{caught}")
    lazy.stop()


RETURNS = {
    "GHSA-qqxw-m5fj-f7gv": ("//evil.example", "/\\evil.example", "/%5cevil.example", "///evil.example", "/.//evil.example",
                            "/%2f/evil.example"),
    "GHSA-j7px-6hwj-hpjg": ("/%09/evil.example", "/%0a/evil.example", "/%0d/evil.example", "/%0b/evil.example", "/%20//evil.example",
                            "/\t/evil.example",
                            "/x?x=%0d%0aLocation:%20https://evil.example", "/evil.example%00"),
    "GHSA-5m6c-jp6f-2vcv": ("/..//evil.example", "/%2e%2e//evil.example", "/x/..//evil.example", "/;//evil.example", "/x#//evil.example",
                            "/.%09./evil.example", "/%c2%a0/evil.example"),
    "GHSA-4mf2-f3wh-gvf2": ("/@evil.example", "/.evil.example", "/https://evil.example", "http://evil.example/x", "/;@evil.example",
                            "/x?next=https://evil.example", "/x?post_login_redirect_uri=https://mcp.example.test.evil.example", "/x/"),
}


def redirects(report):
    """The open redirects of oauth2-proxy: after signing in, the browser was sent to somebody else's site. Here the way to the sign-in, with
    the address to come back to, and the way to https; `ReturnTargetTests` has the way back. CVE-2021-29652: parameters of endpoints that
    nobody had signed."""
    browser, https = gates.Lazy(gates.BrowserGate), gates.Lazy(gates.HTTPSOnlyGate)
    page = [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")]
    site = "https://mcp.example.test/"

    def is_safe(gate, where):
        if gate is https:
            return where.startswith(site) and not where.startswith((site + "/", site + "\\"))
        back = urllib.parse.unquote(where.partition("=")[2])
        # Asked by another name than its own, the gate names its own.
        return (where.removeprefix(site[:-1]).startswith("/.auth/login/lab?post_login_redirect_uri=%2F") and where.count("?") == 1
                and not back.startswith(("//", "/\\", "/\t", "/\n", "/\r")))
    for name, targets in RETURNS.items():
        for what, gate in (("to sign in", browser), ("to https", https)):
            cases = Cases(gate, report, name)
            for target in targets:
                for protocol, title in cases.each(f"{what}, {target!r} leads nobody elsewhere"):
                    answer, hits = cases.send(protocol, path=target, token=None, fields=page)
                    where = answer.first("location")
                    stays = answer.status in (400, 401, 403, 404, 421) and not where or answer.broken and not answer.status
                    report.check(title, not hits and (stays or answer.status in (302, 308) and is_safe(gate, where)), f"{answer} {where}")
        cases = Cases(browser, report, name)
        for protocol, title in cases.each("control: a page is sent to the sign-in page, to come back to where it was"):
            answer, hits = cases.send(protocol, path="/x/y?a=b&c=d", token=None, fields=page)
            back = "/.auth/login/lab?post_login_redirect_uri=%2Fx%2Fy%3Fa%3Db%26c%3Dd"
            report.check(title, answer.status == 302 and answer.first("location") in (back, site[:-1] + back) and not hits,
                         f"{answer} {answer.fields}")
        cases = Cases(https, report, name)
        for protocol, title in cases.each("control: a page that was asked for without https is sent to the public URL"):
            answer, hits = cases.send(protocol, path="/x/y?a=b&c=d", token=None, fields=page)
            report.check(title, answer.status == 308 and answer.first("location") == site + "x/y?a=b&c=d" and not hits, f"{answer} {answer.fields}")
    cases = Cases(browser, report, "CVE-2021-29652")
    for path, status in (("/.auth/login/lab?post_login_redirect_uri=https://evil.example", 400),
                         ("/.auth/logout?post_logout_redirect_uri=//evil.example", 302),
                         ("/.auth/login/done?redirect=https://evil.example", 200), ("/.auth/login/lab/callback?code=x&state=y", 400)):
        cases.refused(f"{path} does nothing that nobody signed", statuses=(status,), path=path, token=None, fields=page,
                      judge=lambda answer: (not answer.all("location") or answer.first("location") == "/.auth/logout/complete")
                      and "evil.example" not in answer.text and not [c for c in answer.all("set-cookie") if "Max-Age=0" not in c])
    cases.refused("control: an MCP client is told what to do, and not sent anywhere", statuses=(401,), challenged=True, token=None,
                  fields=page,
                  judge=lambda answer: not answer.all("location"))
    browser.stop()
    https.stop()


def crafted(gate, report):
    """CVE-2023-33189 and CVE-2021-39206: requests that were put together so that the decision was made about another one."""
    cases = Cases(gate, report, "CVE-2023-33189")
    for what, request in {"scheme javascript": dict(scheme="javascript"), "scheme empty": dict(scheme=""),
                          "scheme with a colon": dict(scheme="http:"), "two :path": dict(fields=[(b":path", "/public")]),
                          "a late :authority": dict(fields=[(b":authority", "evil.example")]),
                          ":status": dict(fields=[(b":status", "200")]), ":protocol": dict(fields=[(b":protocol", "websocket")]),
                          "host beside :authority": dict(fields=[("host", "evil.example")]),
                          "user in :authority": dict(host="mcp.example.test@evil.example"),
                          "path in :authority": dict(host="127.0.0.1/public"), "empty :authority": dict(host=""),
                          "two hosts in one": dict(host="127.0.0.1, evil.example"),
                          "an upper-case name": dict(fields=[(b"X-Upper", "a")])}.items():
        cases.refused(what, statuses=(400, 421), protocols=("h2",), **request)
    for what, request in {"absolute-form of another host": dict(path="http://evil.example/mcp"),
                          "absolute-form of an excluded path on another host": dict(path="http://evil.example/public", token=None),
                          "absolute-form with a user": dict(path=f"http://user@{gate.host}/mcp"),
                          "absolute-form of another scheme": dict(path=f"ftp://{gate.host}/mcp"), "authority-form": dict(path=gate.host),
                          "asterisk-form": dict(path="*"), "Host with a user": dict(host=f"user@{gate.host}"),
                          "Host with a path": dict(host=f"{gate.host}/public"),
                          "Host empty": dict(host=""), "no Host": dict(host=False),
                          "Host with a tab": dict(host=f"127.0.0.1\t{gate.port}")}.items():
        cases.refused(what, statuses=(400, 404, 421), protocols=("h1",), **request)
    cases.passes("control: host and :authority that agree", protocols=("h2",), fields=[("host", gate.host)])
    cases.passes("control: absolute-form of this host", protocols=("h1",), path=f"http://{gate.host}/mcp",
                 judge=lambda hit: hit["target"] == "/mcp")


def floods(gate, report):
    """CVE-2021-39204: streams that are opened and reset used the processor up. CVE-2021-39162: GOAWAY, then SETTINGS, ended the process."""
    for name, attack in (("CVE-2021-39204 h2 streams opened and reset", d11_d21_http.rapid_reset),
                         ("CVE-2021-39162 h2 GOAWAY, SETTINGS and then requests", farewell_first)):
        if report.wants(name):
            ours, theirs = time.process_time(), gates.processor_time(gate)
            attack(gate)
            ours, theirs = time.process_time() - ours, gates.processor_time(gate) - theirs
            report.check(name, gate.process.child.poll() is None and speak(gate, "h2").status == 200 and theirs <= 10 * ours + 0.2,
                         f"{theirs:.2f} s of the gate's for {ours:.2f} s of ours")
    for protocol, title in Cases(gate, report, "CVE-2021-39162").each("control: other connections go on"):
        report.check(title, speak(gate, protocol).status == 200)


def farewell_first(gate):
    settings = lambda *pairs: h2raw.frame(h2raw.SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))
    farewell = h2raw.frame(h2raw.GOAWAY, 0, 0, struct.pack(">II", 0, 0))
    for frames in ([farewell, settings((3, 0)), settings((4, 0))], [farewell, settings((3, 100)), settings((4, 0x7FFFFFFF))],
                   [settings((3, 0)), farewell], [farewell, farewell, settings((5, 16384)), settings((6, 1))]):
        connection = h2raw.Connection(gate.address, 2)
        first = connection.request(h2_fields(gate, path="/slow/0.2/x"))
        for piece in frames:
            connection.send(piece)
        later = connection.request(h2_fields(gate))
        connection.read(lambda c: c.streams[first].ended or c.streams[later].ended, 1)
        connection.close()
