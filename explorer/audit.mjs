// GraphQL-over-HTTP audits against a running server: node audit.mjs URL [TOKEN]
// One JSON line an audit on stdout: {"id", "name", "status", "reason"?}. Exit 1 if a MUST or a SHOULD fails, 2 on wrong use.
import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);
if (!url || !URL.canParse(url)) {
  console.error("Usage: node audit.mjs URL [TOKEN], e.g. node audit.mjs http://127.0.0.1:8000/graphql");
  process.exit(2);
}

function fetchFn(address, options = {}) {
  const headers = new Headers(options.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  return fetch(address, { ...options, headers });
}

let failed = false;
for (const audit of serverAudits({ url, fetchFn })) {
  let line;
  try {
    const { id, name, status, reason } = await audit.fn();
    line = { id, name, status, reason };
  } catch (error) {
    line = { id: audit.id, name: audit.name, status: "error", reason: String(error.cause ?? error) };
  }
  failed ||= line.status === "error" || line.status === "warn";
  console.log(JSON.stringify(line));
}
process.exitCode = failed ? 1 : 0;
