import { t } from "./language";

/** One grant of the caller, as `viewer` tells it. */
export interface Grant {
  role: Role;
  organizationName: string | null;
  divisionName: string | null;
}

/** Who asks, as the hub knows them. */
export interface Viewer {
  persona: string | null;
  principal: { name: string; kind: string };
  grants: Grant[];
}

/** Roles of grants: the schema's `Role`. A test compares them. */
export type Role = keyof typeof ROLES;

export const VIEWER_QUERY = `query Viewer { viewer { persona principal { name kind } grants { role organizationName divisionName } } }`;

/** Each role: what it is called, and what it sees, `%` being the union or division. By docs/who-sees-what.md. */
const ROLES = {
  GRASSROOTS_UNION: {
    name: ["Grassroots union", "基层工会"],
    sees: ["members and records of %; personal data masked", "%的会员和业务记录，个人信息脱敏"],
  },
  FEDERATION: {
    name: ["Federation", "地方总工会"],
    sees: ["records of % and the unions below it; personal data masked", "%及下级工会的记录，个人信息脱敏"],
  },
  INDUSTRY_UNION: {
    name: ["Industry union", "产业工会"],
    sees: ["records of % and its industry's unions below it; personal data masked", "%及其产业下级工会的记录，个人信息脱敏"],
  },
  HR_BUREAU: {
    name: ["Human-resources bureau", "人社部门"],
    sees: ["agreements submitted in %, the employers and unions there; no personal data", "%已报送的集体合同及辖区内单位、工会，不含个人信息"],
  },
  SOCIAL_SECURITY_AGENCY: {
    name: ["Social-security agency", "社保经办机构"],
    sees: ["enrolments in % and who is enrolled; personal data masked", "%的参保记录和参保人，个人信息脱敏"],
  },
  TRIBUNAL: {
    name: ["Tribunal", "仲裁委、法院"],
    sees: ["the cases assigned, with the parties' names", "指派的案件及当事人姓名"],
  },
  EMPLOYERS_BODY: {
    name: ["Employers' body", "工商联、企联"],
    sees: ["agreements submitted in %, the employers and unions there; no personal data", "%已报送的集体合同及辖区内单位、工会，不含个人信息"],
  },
  CASE_WORKER: {
    name: ["Mediator or lawyer", "调解员、律师"],
    sees: ["the cases assigned, with the parties' names", "指派的案件及当事人姓名"],
  },
  WORKER: {
    name: ["Worker", "劳动者"],
    sees: ["what the hub holds on you, and nothing on others", "仅本人的信息"],
  },
  ANALYST: {
    name: ["Public analyst", "公众分析"],
    sees: ["statistics, small numbers withheld, and what is published; no records", "统计结果（小数值不予提供）和公开信息，不含具体记录"],
  },
} as const;

/** Who it is, in a few words. */
export function who(viewer: Viewer): string {
  const names = viewer.grants.map(({ role, organizationName, divisionName }) => {
    const name = ROLES[role] ? t(ROLES[role].name[0], ROLES[role].name[1]) : role;
    const scope = organizationName ?? divisionName;
    return scope ? `${name} ${scope}` : name;
  });
  const list = names.length > 0 ? names.join(", ") : t("no grant", "无授权");
  if (isPublic(viewer)) return t("You are the public", "您是公众（未登录）");
  return t(`You are ${viewer.principal.name}: ${list}`, `当前身份 ${viewer.principal.name}：${list}`);
}

/** What they may see, a sentence for each grant. */
export function sees(viewer: Viewer): string {
  const told = viewer.grants.map(({ role, organizationName, divisionName }) =>
    ROLES[role] ? t(ROLES[role].sees[0], ROLES[role].sees[1]).replace("%", organizationName ?? divisionName ?? t("its area", "所辖范围")) : "",
  );
  return [...new Set(told)].filter(Boolean).join(t("; ", "；"));
}

/** Whether it is the caller without a token. */
export function isPublic(viewer: Viewer): boolean {
  return viewer.principal.name === "public";
}
