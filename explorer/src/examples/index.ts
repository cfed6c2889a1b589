import type { Role, Viewer } from "../viewer";
import { isPublic } from "../viewer";
import { t } from "../language";
import agreements from "./agreements.graphql?raw";
import assigned from "./assigned.graphql?raw";
import audiences from "./audiences.json";
import cities from "./cities.graphql?raw";
import claims from "./claims.graphql?raw";
import disputes from "./disputes.graphql?raw";
import documents from "./documents.graphql?raw";
import federation from "./federation.graphql?raw";
import figures from "./figures.graphql?raw";
import first from "./first.graphql?raw";
import mine from "./mine.graphql?raw";
import page from "./page.json";
import search from "./search.graphql?raw";
import townships from "./townships.graphql?raw";
import trend from "./trend.graphql?raw";
import unions from "./unions.graphql?raw";
import unorganized from "./unorganized.graphql?raw";

/** An operation to begin with, by the operation's name; `variables` is JSON text. Those of the page have a phrase that they answer. */
export interface Example {
  name: string;
  title: string;
  query: string;
  variables: string | null;
  isOfPage: boolean;
  /** The same in the other language, where there is one. */
  phrase?: string;
}

/** Examples under one heading. */
export interface Group {
  title: string;
  examples: Example[];
}

/**
 * Who may run an example and finds something by it: by role everybody (`true`), or the names of unions and divisions that are
 * granted; `OTHERS` stands for every role that no persona of the demonstration has. Made and held by tests/explorer/test_offers.py.
 */
type Audience = Partial<Record<Role | "OTHERS", true | string[]>>;

const AUDIENCES = audiences as Record<string, Audience>;

/** What to begin with, in the order of the list. A test holds every one of them against the schema, and runs it on a hub. */
const GENERAL: Example[] = [
  general(t("What the hub holds on me", "本人的信息"), mine),
  general(t("The cases assigned to me", "指派给我的案件"), assigned),
  general(t("One organization", "一个工会及其上下级"), first),
  general(t("Members of a province by city and worker type", "全省会员，按地市和职工类型"), cities),
  general(t("Who joined, month by month", "逐月入会人数"), trend),
  general(t("Townships without a service centre, by city", "尚无响应中心的乡镇（街道），按地市"), townships),
  general(t("What articles claim, and whether it is so", "报道中的数字，与记录是否相符"), figures),
  general(t("What articles claim", "报道中公布的数字"), claims),
  general(t("Unions by province", "各省工会组织数"), unions),
  general(t("Policy documents and their measures", "政策文件及其措施"), documents),
  general(t("Province to members", "从省到会员"), federation),
  general(t("Agreements under review", "审查中的集体合同"), agreements),
  general(t("Unpaid wages: parties, recoveries", "欠薪案件：当事人、追回金额"), disputes),
  general(t("Members by name", "按姓名查会员"), search, JSON.stringify({ name: "明" }, null, 2)),
  general(t("Employers without a union", "未建会单位"), unorganized),
];

/** What a caller of a role is shown first, where it is not the first of the list. */
const FOREMOST: Partial<Record<Role, string>> = { ANALYST: "PublishedClaims", HR_BUREAU: "AgreementsUnderReview" };

/** The tabs of a first visit. */
const TABS = 5;

/** All examples: the general ones, then the page's, by article. `page.json` is printed from the figures by `make page`. */
const GROUPS: Group[] = [
  { title: t("To begin with", "从这里开始"), examples: GENERAL },
  ...page.map(({ article, examples }) => ({
    title: article,
    examples: examples.map(({ name, question, phrase, query }) => ({
      name,
      title: t(question.replaceAll("`", ""), phrase),
      query,
      variables: null,
      isOfPage: true,
      phrase: t(phrase, question.replaceAll("`", "")),
    })),
  })),
];

/** The groups with those examples that the caller may run; none for whom the hub does not let in. */
export function offered(viewer: Viewer | null): Group[] {
  if (viewer === null) return [];
  return GROUPS.map(({ title, examples }) => ({ title, examples: examples.filter(({ name }) => isFor(viewer, name)) })).filter(
    ({ examples }) => examples.length > 0,
  );
}

/** The tabs with which a caller begins: examples that they may run, the foremost of their role first. */
export function firstTabs(viewer: Viewer | null): { query: string; variables: string | null }[] {
  const found = offered(viewer)[0]?.examples.slice() ?? [];
  const wanted = viewer?.grants.map(({ role }) => FOREMOST[role]) ?? [];
  found.sort((one, other) => Number(wanted.includes(other.name)) - Number(wanted.includes(one.name)));
  const tabs = found.slice(0, TABS).map(({ query, variables }) => ({ query, variables }));
  return tabs.length > 0 ? tabs : [{ query: "", variables: null }];
}

/** The example with this text, if it is one. */
export function exampleOf(query: string): Example | undefined {
  return GROUPS.flatMap(({ examples }) => examples).find((example) => example.query === query);
}

/** Whether the caller may run the example. */
export function isFor(viewer: Viewer, name: string): boolean {
  const audience = AUDIENCES[name] ?? {};
  if (isPublic(viewer)) return audience.ANALYST === true;
  return viewer.grants.some(({ role, organizationName, divisionName }) => {
    const scopes = role in COVERED ? audience[role] : audience.OTHERS;
    return scopes === true || (scopes ?? []).includes(organizationName ?? divisionName ?? "");
  });
}

/** The roles that personas of the demonstration have: what these may run was tried. */
const COVERED = Object.fromEntries(Object.values(AUDIENCES).flatMap(Object.keys).map((role) => [role, true]));

function general(title: string, query: string, variables: string | null = null): Example {
  const name = /^query (\w+)/m.exec(query)?.[1] ?? "";
  return { name, title, query, variables, isOfPage: false };
}
