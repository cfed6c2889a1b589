import { LOCALE } from "./language";

/** What every request of a page has: no cookies, and no address of the page, which may hold a query. */
export const REQUEST = { credentials: "omit", referrerPolicy: "no-referrer" } as const;

/** The headers of a request as the holder of `token`; empty for the public. */
export function headersOf(token: string, accept: string): Record<string, string> {
  const headers: Record<string, string> = { Accept: accept, "Accept-Language": LOCALE };
  if (token) headers.Authorization = `Bearer ${token}`;
  return headers;
}

/** The headers of an operation that is sent as JSON. */
export function operationHeadersOf(token: string, accept: string): Record<string, string> {
  return { "Content-Type": "application/json", ...headersOf(token, accept) };
}
