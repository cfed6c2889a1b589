import agreements from "./agreements.graphql?raw";
import cities from "./cities.graphql?raw";
import disputes from "./disputes.graphql?raw";
import federation from "./federation.graphql?raw";
import figures from "./figures.graphql?raw";
import first from "./first.graphql?raw";
import page from "./page.json";
import search from "./search.graphql?raw";
import townships from "./townships.graphql?raw";
import trend from "./trend.graphql?raw";
import unorganized from "./unorganized.graphql?raw";

/** An operation to begin with; `variables` is JSON text. Those of the page have a code, and the phrase that they answer. */
export interface Example {
  title: string;
  query: string;
  variables: string | null;
  code?: string;
  phrase?: string;
}

/** Examples under one heading. */
export interface Group {
  title: string;
  examples: Example[];
}

/** What to begin with, in the order of the list. A test holds every one of them against the schema, and runs it on a hub. */
const GENERAL: Example[] = [
  { title: "One organization", query: first, variables: null },
  { title: "Members of a province by city and worker type", query: cities, variables: null },
  { title: "Who joined, month by month", query: trend, variables: null },
  { title: "Townships without a service centre, by city", query: townships, variables: null },
  { title: "What articles claim, and whether it is so", query: figures, variables: null },
  { title: "Province to members", query: federation, variables: null },
  { title: "Agreements under review", query: agreements, variables: null },
  { title: "Unpaid wages: parties, recoveries", query: disputes, variables: null },
  { title: "Members by name", query: search, variables: JSON.stringify({ name: "明" }, null, 2) },
  { title: "Employers without a union", query: unorganized, variables: null },
];

/** All examples: the general ones, then the page's, by article. `page.json` is printed from the figures by `make page`. */
export const GROUPS: Group[] = [
  { title: "To begin with", examples: GENERAL },
  ...page.map(({ article, examples }) => ({
    title: article,
    examples: examples.map(({ name, question, phrase, query }) => ({
      title: question.replaceAll("`", ""),
      query,
      variables: null,
      code: name,
      phrase,
    })),
  })),
];

/** The tabs of a first visit. */
export const TABS = GENERAL.slice(0, 5).map(({ query, variables }) => ({ query, variables }));
