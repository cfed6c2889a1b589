import { useState } from "react";
import { t } from "../language";
import type { Job } from "./api";
import { number } from "./words";

/** After a rehearsal: what would be written, and the button that writes it. */
export function ConfirmStep({ rehearsal, onImport }: { rehearsal: Job; onImport: (goodRowsOnly: boolean) => void }) {
  const { NEW, CHANGED, REFUSED } = rehearsal.counts;
  const good = NEW + CHANGED;
  const [goodOnly, choose] = useState(false);
  if (rehearsal.state !== "REHEARSED" || (good === 0 && REFUSED === 0)) return null;
  const blocked = REFUSED > 0 && (!goodOnly || good === 0);
  return (
    <section className="step" aria-labelledby="step-confirm">
      <h2 id="step-confirm">{t("4. Import", "4. 导入")}</h2>
      {REFUSED > 0 && (
        <fieldset className="choice">
          <legend>{t(REFUSED === 1 ? "One row has errors" : `${number(REFUSED)} rows have errors`, `${number(REFUSED)} 行有错误`)}</legend>
          <label>
            <input type="radio" name="errors" checked={!goodOnly} onChange={() => choose(false)} />
            <span>
              <strong>{t("All or nothing", "全部正确才导入")}</strong>
              {t(": first mend the marked cells, and drop the file here again", "：先更正标注的单元格，再把文件放到此处")}
            </span>
          </label>
          <label>
            <input type="radio" name="errors" checked={goodOnly} disabled={good === 0} onChange={() => choose(true)} />
            <span>
              <strong>{t("The good rows only", "只导入正确的行")}</strong>
              {t(": the others stay in the marked workbook, to be mended later", "：其余各行留在标注文件中，以后再更正")}
            </span>
          </label>
        </fieldset>
      )}
      <p className="buttons">
        <button type="button" className="primary" disabled={blocked} onClick={() => onImport(REFUSED > 0)}>
          {good === 0 ? t("Import", "导入") : t(`Import ${number(good)} ${good === 1 ? "row" : "rows"}`, `导入 ${number(good)} 行`)}
        </button>
        <span className="faint">
          {t(`${number(NEW)} new records, ${number(CHANGED)} changed ones`, `新增 ${number(NEW)} 条，变更 ${number(CHANGED)} 条`)}
        </span>
      </p>
    </section>
  );
}
