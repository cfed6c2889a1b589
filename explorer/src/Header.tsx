import { type KeyboardEvent, useEffect, useState } from "react";
import icon from "./icon.svg";
import { type Outcome, setExplain, setToken, useSession } from "./session";

/** The bar above GraphiQL: whose hub this is, what is amiss, how the last answer came, the token, and the switch for plans. */
export function Header() {
  const { token, explain, refusal, outcome } = useSession();
  return (
    <header className="bar">
      <img src={icon} alt="" width={26} height={26} />
      <h1>
        Union Hub <span lang="zh">· 工会数据枢纽</span>
      </h1>
      <p className="bar-hint" role="status" aria-live="polite">
        {hint(token, refusal)}
      </p>
      {outcome && <OutcomeText outcome={outcome} />}
      <label className="bar-switch" title="Asks the hub to send its plan and SQL with each answer">
        <input type="checkbox" role="switch" checked={explain} onChange={(event) => setExplain(event.target.checked)} />
        Explain
      </label>
      <TokenBox />
    </header>
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
      Token
      <input
        type="password"
        name="token"
        value={typed}
        placeholder="paste a bearer token"
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

function OutcomeText({ outcome }: { outcome: Outcome }) {
  const { status, milliseconds, bytes } = outcome;
  return (
    <span className="bar-outcome" data-status={status} title="HTTP status, time until the answer was here, size">
      {status} · {milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms · {size(bytes)}
    </span>
  );
}

function hint(token: string, refusal: string | null) {
  const command = <code>unionhub token national</code>;
  if (!token)
    return (
      <>
        Paste the token that <code>make demo</code> printed, or {command} prints.
      </>
    );
  if (refusal) return <>The hub refused this token. Paste the one that {command} prints.</>;
  return null;
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}
