import type { Fetcher, FetcherParams, FetcherResult } from "@graphiql/toolkit";
import { Kind, parse } from "graphql";
import { explainOf } from "./explain";
import { t } from "./language";
import { operationHeadersOf, REQUEST } from "./request";
import { current, note, refuse, setViewer } from "./session";
import { type Viewer, VIEWER_QUERY } from "./viewer";

const URL = "/graphql";
const ACCEPT = "application/graphql-response+json, application/json;q=0.9";
const INTROSPECTION = "IntrospectionQuery";

interface Answer {
  data?: unknown;
  errors?: { message: string; extensions?: { code?: string } }[];
  extensions?: Record<string, unknown>;
}

/** A fetcher that asks as the holder of `token`; whether to explain is read from the session at each request. */
export function createFetcher(token: string): Fetcher {
  return async (request, options) => {
    const introspects = request.operationName === INTROSPECTION;
    const headers = operationHeadersOf(token, ACCEPT);
    if (current().explain && !introspects) headers["X-UnionHub-Explain"] = "1";

    const began = performance.now();
    const response = await post(introspects ? request : withCurrentName(request), { ...headers, ...options?.headers });
    const body = await response.text();
    const milliseconds = performance.now() - began;

    const answer = read(body, response.status);
    refuse(response.status === 401 ? (answer.errors?.[0]?.message ?? null) : null);
    if (!introspects) {
      const bytes = new TextEncoder().encode(body).length;
      note({ status: response.status, milliseconds, bytes, explain: explainOf(answer.extensions) });
    }
    return withoutExplain(answer) as FetcherResult;
  };
}

/** Asks the hub who holds `token`, and notes it unless another token was taken meanwhile. */
export async function askViewer(token: string): Promise<void> {
  let viewer: Viewer | null = null;
  let refusal: string | null = null;
  try {
    const response = await post({ query: VIEWER_QUERY, operationName: "Viewer" }, operationHeadersOf(token, ACCEPT));
    const answer = read(await response.text(), response.status);
    viewer = (answer.data as { viewer?: Viewer } | null | undefined)?.viewer ?? null;
    if (response.status === 401) refusal = answer.errors?.[0]?.message ?? null;
  } catch {
    viewer = null; // the hub cannot be reached: whatever is run next says so
  }
  if (current().token !== token) return;
  refuse(refusal);
  setViewer(viewer);
}

function post(body: object, headers: Record<string, string>): Promise<Response> {
  return fetch(URL, { method: "POST", headers, body: JSON.stringify(body), ...REQUEST });
}

/**
 * GraphiQL notes the name of the operation some time after the text has changed: whoever pastes and runs at once would send the
 * name that stood there before.
 */
function withCurrentName(request: FetcherParams): FetcherParams {
  const { operationName, ...rest } = request;
  return operationName && names(request.query).includes(operationName) ? request : rest;
}

function names(query: string): string[] {
  try {
    return parse(query).definitions.flatMap((node) =>
      node.kind === Kind.OPERATION_DEFINITION && node.name ? [node.name.value] : [],
    );
  } catch {
    return []; // the hub says what is wrong with it
  }
}

function read(body: string, status: number): Answer {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    const begin = body.slice(0, 200);
    throw new Error(t(`The hub answered ${status} with something that is not JSON: ${begin}`, `服务器返回 ${status}，内容不是 JSON：${begin}`));
  }
}

/** The answer as its pane shows it: the plan has a pane of its own. */
function withoutExplain(answer: Answer): Answer {
  if (answer.extensions?.explain === undefined) return answer;
  const { explain: _, ...others } = answer.extensions;
  const { extensions: __, ...rest } = answer;
  return Object.keys(others).length > 0 ? { ...rest, extensions: others } : rest;
}
