/** An operation that came with the page's address. */
export interface Shared {
  query: string;
  variables: string | null;
}

const PARTS = ["query", "variables", "operationName", "token"];

/** The operation of a shared link (`?query=…&variables=…`), null if the address has none. It is opened, never run. */
export const SHARED: Shared | null = sharedOf(new URLSearchParams(location.search));

/** The token in the fragment of the address, null if there is none. */
export function tokenOfAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get("token");
}

/** Removes token and operation from the address, so that they stay in no history, bookmark or screenshot. */
export function clearAddress(): void {
  const rest = new URLSearchParams(location.search);
  for (const part of PARTS) rest.delete(part);
  history.replaceState(history.state, "", rest.size > 0 ? `${location.pathname}?${rest}` : location.pathname);
}

/** A link that opens this operation for whoever follows it, with their own token or none. */
export function linkTo({ query, variables }: Shared): string {
  const parts = new URLSearchParams({ query });
  if (variables?.trim()) parts.set("variables", variables);
  return `${location.origin}${location.pathname}?${parts}`;
}

function sharedOf(parts: URLSearchParams): Shared | null {
  const query = parts.get("query");
  return query?.trim() ? { query, variables: parts.get("variables") } : null;
}
