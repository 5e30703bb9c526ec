"""A stand-in for the Hugging Face Hub: the calls of a dataset's upload and download, on a real socket.

``python hub.py FOLDER [CALL=STATUS ...]`` prints its address and serves until it is ended. Repositories are kept below
FOLDER as plain files, requests in FOLDER/requests.jsonl. A call (create, info, tree, preupload, batch, put, commit)
that is given a status answers with it; ``html`` is a page of a proxy, ``json`` an answer without content, ``cut`` a
connection that ends in the middle, ``echo`` a refusal that repeats the token. The token ``good`` may write, ``reader``
may not; there are no others, but what is public is seen without one. A password is taken from anybody.
"""

import base64
import hashlib
import json
import re
import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

FOLDER = Path(sys.argv[1])
REFUSED = {call: how for call, _, how in (argument.partition("=") for argument in sys.argv[2:])}
REPO = r"(?P<repo>[\w.-]+/[\w.-]+)"


def is_lfs(path):
    return path.endswith((".parquet", ".zip"))


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.dispatch(
            ("create", r"/api/repos/create", self.create),
            ("validate", r"/api/validate-yaml", lambda: self.answer(200, {"errors": [], "warnings": []})),
            ("preupload", rf"/api/datasets/{REPO}/preupload/main", self.preupload),
            ("batch", rf"/datasets/{REPO}\.git/info/lfs/objects/batch", self.batch),
            ("commit", rf"/api/datasets/{REPO}/commit/main", self.commit),
            ("paths", rf"/api/datasets/{REPO}/paths-info/[^/]+", self.paths),
        )

    def do_PUT(self):
        self.dispatch(("put", r"/lfs/(?P<oid>[0-9a-f]{64})", self.put))

    def do_GET(self):
        self.dispatch(
            ("info", rf"/api/datasets/{REPO}(/revision/[^/]+)?", self.info),
            ("tree", rf"/api/datasets/{REPO}/tree/[^/]+(?P<path>/.*)?", self.tree),
            ("resolve", rf"/datasets/{REPO}/resolve/[^/]+/(?P<path>.+)", self.resolve),
        )

    def do_HEAD(self):
        self.do_GET()

    def dispatch(self, *routes):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        for call, pattern, method in routes:
            if match := re.fullmatch(pattern, path):
                self.found = match.groupdict()
                # A password in the hub's address is for a proxy before it.
                kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
                token = token if kind == "Bearer" else ""
                with (FOLDER / "requests.jsonl").open("a") as log:
                    log.write(json.dumps([call, token]) + "\n")
                if (
                    call != "put"
                    and token not in {"good", "reader"}
                    and not (self.command in {"GET", "HEAD"} and not token)
                ):
                    return self.answer(401, {"error": "Invalid username or password."})
                if call == "create" and token == "reader":
                    return self.answer(403, {"error": "You don't have the rights to create a dataset here."})
                if call in REFUSED:
                    return self.refuse(call, token)
                return method()
        return self.answer(404, {"error": f"the stand-in has no {self.command} {path}"})

    def refuse(self, call, token):
        match REFUSED[call]:
            case "html":
                return self.send(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
            case "json":
                return self.answer(200, {})
            case "echo":
                return self.answer(400, {"error": f"bad header: Authorization: Bearer {token}"})
            case "cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"{")
                self.close_connection = True
                return None
            case status:
                return self.answer(int(status), {"error": f"the stand-in refuses to {call}"})

    def create(self):
        asked = json.loads(self.body)
        repo = f"{asked['organization']}/{asked['name']}"
        address = {"url": f"{BASE}/datasets/{repo}"}
        if (FOLDER / repo).exists():
            return self.answer(409, {"error": "exists", **address})
        (FOLDER / repo).mkdir(parents=True)
        (FOLDER / f"{repo}.json").write_text(json.dumps(asked))
        return self.answer(200, address)

    def info(self):
        if not self.is_visible():
            return self.missing("RepoNotFound")
        siblings = [{"rfilename": path} for path in self.files()]
        private = not self.is_public()
        return self.answer(
            200, {"id": self.found["repo"], "private": private, "sha": self.sha(), "siblings": siblings, "tags": []}
        )

    def preupload(self):
        asked = json.loads(self.body)["files"]
        mode = {True: "lfs", False: "regular"}
        files = [{"path": file["path"], "uploadMode": mode[is_lfs(file["path"])]} for file in asked]
        return self.answer(200, {"files": [{**file, "shouldIgnore": False} for file in files]})

    def batch(self):
        objects = json.loads(self.body)["objects"]
        for wanted in objects:
            if (FOLDER / "lfs" / wanted["oid"]).exists():
                continue
            wanted["actions"] = {"upload": {"href": f"{BASE}/lfs/{wanted['oid']}"}}
        return self.answer(200, {"transfer": "basic", "objects": objects})

    def put(self):
        assert hashlib.sha256(self.body).hexdigest() == self.found["oid"]
        (FOLDER / "lfs").mkdir(exist_ok=True)
        (FOLDER / "lfs" / self.found["oid"]).write_bytes(self.body)
        return self.answer(200, {})

    def commit(self):
        lines = [json.loads(line) for line in self.body.split(b"\n") if line]
        if lines[0]["value"].get("parentCommit") not in {None, self.sha()}:
            return self.answer(412, {"error": "the branch has moved"})
        for line in lines[1:]:
            path = self.folder / line["value"]["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            if line["key"] == "file":
                path.write_bytes(base64.b64decode(line["value"]["content"]))
            elif line["key"] == "lfsFile":
                shutil.copy(FOLDER / "lfs" / line["value"]["oid"], path)
            else:
                path.unlink()
        url = f"{BASE}/datasets/{self.found['repo']}/commit/{self.sha()}"
        return self.answer(200, {"commitOid": self.sha(), "commitUrl": url, "success": True})

    def tree(self):
        below = self.folder / (self.found["path"] or "").strip("/")
        if not below.is_dir():
            return self.missing("EntryNotFound")
        paths = below.rglob("*") if "recursive=true" in self.path.lower() else below.iterdir()
        return self.answer(200, [self.entry(p.relative_to(self.folder).as_posix()) for p in sorted(paths)])

    def paths(self):
        asked = json.loads(self.body)["paths"]
        return self.answer(200, [self.entry(path) for path in self.files() if path in asked])

    def resolve(self):
        path = self.folder / self.found["path"]
        if not path.is_file():
            return self.missing("EntryNotFound")
        content = path.read_bytes()
        start, _, end = (self.headers.get("Range") or "").removeprefix("bytes=").partition("-")
        part = content[int(start) : int(end) + 1 if end else None] if start else content
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": self.sha()}
        if start:
            headers["Content-Range"] = f"bytes {start}-{int(start) + len(part) - 1}/{len(content)}"
        return self.send(206 if start else 200, part, headers)

    def is_visible(self):
        if not self.folder.exists():
            return False
        return self.is_public() or self.headers.get("Authorization") is not None

    def is_public(self):
        created = FOLDER / f"{self.found['repo']}.json"
        asked = json.loads(created.read_text()) if created.exists() else {"private": True}
        return asked.get("visibility", "private" if asked.get("private") else "public") == "public"

    @property
    def folder(self):
        return FOLDER / self.found["repo"]

    def files(self):
        return sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file())

    def entry(self, path):
        if (self.folder / path).is_dir():
            return {"type": "directory", "path": path, "oid": hashlib.sha1(path.encode()).hexdigest()}
        content = (self.folder / path).read_bytes()
        oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        found = {"type": "file", "path": path, "size": len(content), "oid": oid}
        if is_lfs(path):
            found["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return found

    def sha(self):
        state = [(path, (self.folder / path).read_bytes().hex()) for path in self.files()]
        return hashlib.sha1(json.dumps(state).encode()).hexdigest()

    def missing(self, code):
        return self.send(404, b"{}", {"X-Error-Code": code})

    def answer(self, status, value):
        return self.send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def send(self, status, content, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
BASE = f"http://127.0.0.1:{server.server_port}"
print(BASE, flush=True)
server.serve_forever()
