import agreements from "./agreements.graphql?raw";
import disputes from "./disputes.graphql?raw";
import federation from "./federation.graphql?raw";
import first from "./first.graphql?raw";
import search from "./search.graphql?raw";
import unorganized from "./unorganized.graphql?raw";

/** An operation to begin with; `variables` is JSON text. */
export interface Example {
  title: string;
  query: string;
  variables: string | null;
}

/** The examples in the order of their tabs. A test holds every one of them against the schema. */
export const EXAMPLES: Example[] = [
  { title: "One organization", query: first, variables: null },
  { title: "Province to members", query: federation, variables: null },
  { title: "Agreements under review", query: agreements, variables: null },
  { title: "Unpaid wages: parties, recoveries", query: disputes, variables: null },
  { title: "Members by name", query: search, variables: JSON.stringify({ name: "明" }, null, 2) },
  { title: "Employers without a union", query: unorganized, variables: null },
];
