import { useSyncExternalStore } from "react";
import { clearAddress, tokenOfAddress } from "./address";
import type { Explain } from "./explain";
import type { Viewer } from "./viewer";

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
  /** Who the hub says that is; undefined until it has answered, null if it lets them in no further. */
  viewer: Viewer | null | undefined;
  explain: boolean;
  refusal: string | null;
  outcome: Outcome | null;
  /** What was just done, to be said to the caller. */
  notice: string | null;
}

const TOKEN = "unionhub.token";
const EXPLAIN = "unionhub.explain";

let session: Session = {
  token: tokenOfAddress() ?? sessionStorage.getItem(TOKEN) ?? "",
  viewer: undefined,
  explain: sessionStorage.getItem(EXPLAIN) === "on",
  refusal: null,
  outcome: null,
  notice: null,
};
sessionStorage.setItem(TOKEN, session.token);
clearAddress();
const listeners = new Set<() => void>();

window.addEventListener("hashchange", () => {
  const token = tokenOfAddress();
  if (token === null) return;
  clearAddress();
  setToken(token);
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

/** Note who the hub says the caller is. */
export function setViewer(viewer: Viewer | null): void {
  change({ viewer });
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

/** Say to the caller, for some seconds, what was done. */
export function say(notice: string): void {
  change({ notice });
  setTimeout(() => session.notice === notice && change({ notice: null }), 6_000);
}

function change(part: Partial<Session>): void {
  session = { ...session, ...part };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
