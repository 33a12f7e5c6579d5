"""Gemini's batch API and the files that come with it."""

import json
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from tests.wire.gemini import gemini_error
from tests.wire.traffic import Json, Reply, Request, Script, ok


class Batches:
    """Gemini's batch API: each `get` moves a job one state on; its items are answered by the script "generate"."""

    def __init__(self, answer: Callable[[Request], Reply], url: Callable[[], str]) -> None:
        self._answer, self._url = answer, url
        self.jobs: dict[str, Json] = {}
        self.files: dict[str, bytes] = {}
        self._made = 0
        self.states: tuple[str, ...] = ("BATCH_STATE_PENDING", "BATCH_STATE_RUNNING", "BATCH_STATE_SUCCEEDED")

    def scripts(self) -> dict[str, Script]:
        """What the server does on the batch and file routes unless a test says otherwise."""
        return {
            "batch.create": self.create,
            "batch.get": self.get,
            "batch.list": self.list,
            "batch.cancel": self.cancel,
            "batch.delete": self.delete,
            "upload.start": self.start,
            "upload.bytes": self.store,
            "file.get": self.describe,
            "file.delete": lambda _: ok({}),
            "file.download": self.download,
        }

    def create(self, request: Request) -> Reply:
        """Take the inlined requests, or the name of a file of them."""
        batch = request.json["batch"]
        self._made += 1
        name = f"batches/b{self._made}"
        self.jobs[name] = {"batch": batch, "model": request.names["model"], "step": 0, "path": request.path}
        return ok(self._operation(name))

    def get(self, request: Request) -> Reply:
        """One state on."""
        name = request.names["name"]
        if name not in self.jobs:
            return gemini_error(404)
        self.jobs[name]["step"] = min(self.jobs[name]["step"] + 1, len(self.states) - 1)
        return ok(self._operation(name))

    def list(self, request: Request) -> Reply:
        """Pages of `pageSize` jobs."""
        size = int(request.query.get("pageSize", ["50"])[0])
        start = int(request.query.get("pageToken", ["0"])[0])
        names = list(self.jobs)[start : start + size]
        more = {"nextPageToken": str(start + size)} if start + size < len(self.jobs) else {}
        return ok({"operations": [self._operation(name) for name in names], **more})

    def cancel(self, request: Request) -> Reply:
        """At once."""
        self.jobs[request.names["name"]]["cancelled"] = True
        return ok({})

    def delete(self, request: Request) -> Reply:
        """Forget it."""
        self.jobs.pop(request.names["name"], None)
        return ok({})

    def _operation(self, name: str) -> Json:
        job = self.jobs[name]
        state = "BATCH_STATE_CANCELLED" if job.get("cancelled") else self.states[job["step"]]
        metadata: Json = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1.GenerateContentBatch",
            "name": name,
            "model": job["model"],
            "state": state,
            "createTime": "2026-01-01T00:00:00Z",
            "displayName": job["batch"].get("displayName", ""),
            "updateTime": "2026-01-01T00:00:01Z",
        }
        done: Json = {}
        if state == "BATCH_STATE_SUCCEEDED":
            if "output" not in job:  # a model answers once, however often it is asked for
                job["output"] = self._output(job)
            metadata |= {"output": job["output"], "endTime": "2026-01-01T00:00:02Z"}
            done = {"done": True, "response": job["output"]}
        if state == "BATCH_STATE_FAILED":
            done = {"done": True, "error": {"code": 13, "message": "wire says INTERNAL"}}
        return {"name": name, "metadata": metadata, **done}

    def _output(self, job: Json) -> Json:
        source = job["batch"]["inputConfig"]
        if "fileName" in source:
            lines = [json.loads(line) for line in self.files[source["fileName"]].splitlines() if line.strip()]
            answers = [{"key": line["key"], **self._item(job, line["request"])} for line in lines]
            name = f"files/out{len(self.files)}"
            self.files[name] = "".join(json.dumps(answer) + "\n" for answer in answers).encode()
            return {"responsesFile": name}
        items = source["requests"]["requests"]
        done = [
            {**({"metadata": item["metadata"]} if "metadata" in item else {}), **self._item(job, item["request"])}
            for item in items
        ]
        return {"inlinedResponses": {"inlinedResponses": done}}

    def _item(self, job: Json, body: Json) -> Json:
        asked = Request("generate", "POST", job["path"], {}, json.dumps(body).encode(), {"model": job["model"]}, 0.0, 0)
        reply = self._answer(asked)
        payload: Json = json.loads(reply.body)
        return {"response": payload} if reply.status == HTTPStatus.OK else {"error": payload["error"]}

    def start(self, _: Request) -> Reply:
        """Resumable upload: hand out where to send the bytes."""
        name = f"u{len(self.files)}"
        self.files[f"files/{name}"] = b""
        return replace(
            ok({}), headers={"X-Goog-Upload-URL": f"{self._url()}/upload-to/{name}", "X-Goog-Upload-Status": "active"}
        )

    def store(self, request: Request) -> Reply:
        """The bytes of an upload, in one piece or several."""
        name = f"files/{request.names['name']}"
        self.files[name] += request.body
        final = "finalize" in request.headers.get("x-goog-upload-command", "")
        head = {"X-Goog-Upload-Status": "final" if final else "active", "Content-Type": "application/json"}
        return replace(ok({"file": self._file(name)}), headers=head)

    def describe(self, request: Request) -> Reply:
        """What is known of a file."""
        return ok(self._file(request.names["name"]))

    def download(self, request: Request) -> Reply:
        """Its bytes."""
        return Reply(self.files[request.names["name"]], headers={"Content-Type": "application/octet-stream"})

    def _file(self, name: str) -> Json:
        return {
            "name": name,
            "uri": f"{self._url()}/v1/{name}",
            "sizeBytes": str(len(self.files[name])),
            "state": "ACTIVE",
            "mimeType": "application/jsonl",
        }
