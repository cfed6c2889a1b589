import type { Fetcher, FetcherParams, FetcherResult } from "@graphiql/toolkit";
import { Kind, parse } from "graphql";
import { explainOf } from "./explain";
import { current, note, refuse } from "./session";

const URL = "/graphql";
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
    const headers: Record<string, string> = {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json;q=0.9",
    };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (current().explain && !introspects) headers["X-UnionHub-Explain"] = "1";

    const began = performance.now();
    const response = await fetch(URL, {
      method: "POST",
      headers: { ...headers, ...options?.headers },
      body: JSON.stringify(introspects ? request : withCurrentName(request)),
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    const body = await response.text();
    const milliseconds = performance.now() - began;

    const answer = read(body, response.status);
    const refusal = response.status === 401 || response.status === 403 ? answer.errors?.[0] : undefined;
    refuse(refusal?.message ?? null);
    if (!introspects) {
      const bytes = new TextEncoder().encode(body).length;
      note({ status: response.status, milliseconds, bytes, explain: explainOf(answer.extensions) });
    }
    return withoutExplain(answer) as FetcherResult;
  };
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
    throw new Error(`The hub answered ${status} with something that is not JSON: ${body.slice(0, 200)}`);
  }
}

/** The answer as its pane shows it: the plan has a pane of its own. */
function withoutExplain(answer: Answer): Answer {
  if (answer.extensions?.explain === undefined) return answer;
  const { explain: _, ...others } = answer.extensions;
  const { extensions: __, ...rest } = answer;
  return Object.keys(others).length > 0 ? { ...rest, extensions: others } : rest;
}
