import { type KeyboardEvent, useEffect, useState } from "react";
import icon from "./icon.svg";
import { choose, LANGUAGE, t } from "./language";
import { type Outcome, setExplain, setToken, useSession } from "./session";
import { isPublic, sees, who } from "./viewer";

/** The pages, with their addresses. */
const PAGES = [
  { name: "queries", address: "/graphql", title: t("Queries", "查询") },
  { name: "imports", address: "/imports", title: t("Import", "导入") },
] as const;

type Page = (typeof PAGES)[number]["name"];

/**
 * The bar above each page: whose hub this is, the pages, who asks and what they may see, token and language; above the queries also how
 * the last answer came, and whether plans are wanted.
 */
export function Header({ page }: { page: Page }) {
  const { explain, outcome } = useSession();
  return (
    <header className="bar">
      <img src={icon} alt="" width={26} height={26} />
      <h1>
        {t("Union Hub", "工会数据枢纽")} <span lang={t("zh-CN", "en")}>{t("工会数据枢纽", "Union Hub")}</span>
      </h1>
      <nav className="bar-pages" aria-label={t("Pages", "页面")}>
        {PAGES.map(({ name, address, title }) => (
          <a key={name} href={address} {...(name === page && { "aria-current": "page" })}>
            {title}
          </a>
        ))}
      </nav>
      <p className="bar-who" role="status" aria-live="polite">
        <Who />
      </p>
      {outcome && <OutcomeText outcome={outcome} />}
      {page === "queries" && <ExplainSwitch on={explain} />}
      <TokenBox />
      <LanguageSwitch />
    </header>
  );
}

function ExplainSwitch({ on }: { on: boolean }) {
  return (
    <label className="bar-switch" title={t("Asks the hub to send its plan and SQL with each answer", "要求服务器随结果附上执行计划和 SQL")}>
      <input type="checkbox" role="switch" checked={on} onChange={(event) => setExplain(event.target.checked)} />
      {t("Explain", "执行计划")}
    </label>
  );
}

/** Who asks and what they may see; or what is amiss, and what to do. */
function Who() {
  const { token, viewer, refusal, notice } = useSession();
  if (notice) return <>{notice}</>;
  if (refusal)
    return (
      <span className="bar-amiss">
        {token ? t("The hub refused this token. ", "服务器拒绝了此令牌。") : t("This hub answers nobody without a token. ", "服务器不接受未登录的访问。")}
        <TokenHint />
      </span>
    );
  if (!viewer) return null;
  return (
    <>
      <strong>{who(viewer)}</strong>
      {sees(viewer) && `${t(": ", "，可见：")}${sees(viewer)}${t(".", "。")} `}
      {isPublic(viewer) && <TokenHint />}
    </>
  );
}

function TokenHint() {
  const demo = <code>make demo</code>;
  const command = <code>unionhub token national</code>;
  if (LANGUAGE === "zh")
    return (
      <>
        如需更多数据，请粘贴 {demo} 或 {command} 输出的令牌。
      </>
    );
  return (
    <>
      For more, paste a token that {demo} or {command} prints.
    </>
  );
}

function TokenBox() {
  const { token, refusal } = useSession();
  const [typed, type] = useState(token);
  useEffect(() => type(token), [token]);

  function keep(event: KeyboardEvent) {
    if (event.key === "Enter") setToken(typed);
  }
  return (
    <label className="bar-token">
      {t("Token", "令牌")}
      <input
        type="password"
        name="token"
        value={typed}
        placeholder={t("paste a bearer token", "粘贴访问令牌")}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={refusal !== null}
        onChange={(event) => type(event.target.value)}
        onPaste={(event) => {
          event.preventDefault();
          setToken(event.clipboardData.getData("text"));
        }}
        onBlur={() => setToken(typed)}
        onKeyDown={keep}
      />
    </label>
  );
}

/** A button that loads the page in the other language, named in that language. */
function LanguageSwitch() {
  const [other, name] = LANGUAGE === "zh" ? (["en", "English"] as const) : (["zh", "中文"] as const);
  return (
    <button type="button" className="bar-language" lang={other === "zh" ? "zh-CN" : "en"} onClick={() => choose(other)}>
      {name}
    </button>
  );
}

function OutcomeText({ outcome }: { outcome: Outcome }) {
  const { status, milliseconds, bytes } = outcome;
  const title = t("HTTP status, time until the answer was here, size", "HTTP 状态、耗时、大小");
  return (
    <span className="bar-outcome" data-status={status} title={title}>
      {status} · {milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms · {size(bytes)}
    </span>
  );
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}
