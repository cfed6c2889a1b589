import { useSyncExternalStore } from "react";
import type { Explain } from "./explain";

/** What became of the last request that the caller sent. */
export interface Outcome {
  status: number;
  milliseconds: number;
  bytes: number;
  explain: Explain | null;
}

/** What the page knows: who asks, whether plans are wanted, and what the hub last said. */
export interface Session {
  token: string;
  explain: boolean;
  refusal: string | null;
  outcome: Outcome | null;
}

const TOKEN = "unionhub.token";
const EXPLAIN = "unionhub.explain";

let session: Session = {
  token: tokenOfAddress() ?? sessionStorage.getItem(TOKEN) ?? "",
  explain: sessionStorage.getItem(EXPLAIN) === "on",
  refusal: null,
  outcome: null,
};
const listeners = new Set<() => void>();

window.addEventListener("hashchange", () => {
  const token = tokenOfAddress();
  if (token !== null) setToken(token);
});

/** The session as it stands; for code that is no component. */
export function current(): Session {
  return session;
}

/** The session, for components: they render again when it changes. */
export function useSession(): Session {
  return useSyncExternalStore(subscribe, current);
}

/** Take another token. It is kept until the tab is closed, and only in it. */
export function setToken(token: string): void {
  const trimmed = token.trim();
  sessionStorage.setItem(TOKEN, trimmed);
  change({ token: trimmed, refusal: null });
}

/** Ask for the plan with each answer, or no longer. */
export function setExplain(explain: boolean): void {
  sessionStorage.setItem(EXPLAIN, explain ? "on" : "off");
  change({ explain });
}

/** Note what became of a request. */
export function note(outcome: Outcome): void {
  change({ outcome });
}

/** Note why the hub did not let the caller in; null when it did. */
export function refuse(refusal: string | null): void {
  if (refusal !== session.refusal) change({ refusal });
}

function change(part: Partial<Session>): void {
  session = { ...session, ...part };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The token in the fragment of the address, which it is then removed from so that it stays in no history or screenshot. */
function tokenOfAddress(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  sessionStorage.setItem(TOKEN, token);
  return token;
}
