import { useState } from "react";
import { t } from "../language";
import { download, type Kind, messageOf } from "./api";

/** The choice of a kind of record, with what it takes and its template. The kinds are the hub's: the page knows none. */
export function KindStep({ kinds, kind, onChoose }: { kinds: Kind[]; kind: Kind | null; onChoose: (kind: Kind) => void }) {
  return (
    <section className="step" aria-labelledby="step-kind">
      <h2 id="step-kind">{t("1. What is in the file", "1. 文件内容")}</h2>
      <fieldset className="kinds">
        <legend>{t("Kind of record", "记录种类")}</legend>
        {kinds.map((each) => (
          <label key={each.name} data-chosen={each === kind}>
            <input type="radio" name="kind" value={each.name} checked={each === kind} onChange={() => onChoose(each)} />
            {each.heading}
          </label>
        ))}
      </fieldset>
      {kind && <Takes key={kind.name} kind={kind} />}
    </section>
  );
}

function Takes({ kind }: { kind: Kind }) {
  const [failure, setFailure] = useState<string | null>(null);
  const required = kind.columns.filter((column) => column.required);
  const headings = required.map((column) => column.heading).join(t(", ", "、"));

  async function template(): Promise<void> {
    setFailure(null);
    try {
      await download(`/imports/${kind.name}/template`, `${kind.heading}.xlsx`);
    } catch (error) {
      setFailure(messageOf(error));
    }
  }
  return (
    <>
      <p>
        {t("The file must have the columns ", "文件须有以下列：")}
        <strong>{headings}</strong>
        {t(", in any order; other columns are optional. A record that is there already is recognized by ", "，次序不限，其他列可选。已有记录的识别依据：")}
        {keysOf(kind)}
        {t(".", "。")}
      </p>
      <p className="buttons">
        <button type="button" onClick={() => void template()}>
          {t("Download the template", "下载模板")}
        </button>
        <span className="faint">{t("A workbook with these headings, drop-downs and an example", "含列名、下拉选项和示例的工作簿")}</span>
      </p>
      {failure && (
        <p className="amiss" role="alert">
          {failure}
        </p>
      )}
      <details>
        <summary>{t(`All ${kind.columns.length} columns`, `全部 ${kind.columns.length} 列`)}</summary>
        <div className="scroll" role="group" tabIndex={0} aria-label={t("Columns", "列")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("Heading", "列名")}</th>
                <th scope="col">{t("Other headings", "其他列名")}</th>
                <th scope="col">{t("What it takes", "填写要求")}</th>
                <th scope="col">{t("Example", "示例")}</th>
              </tr>
            </thead>
            <tbody>
              {kind.columns.map((column) => (
                <tr key={column.name}>
                  <th scope="row">
                    {column.heading}
                    {column.required && <span className="required">{t("required", "必填")}</span>}
                  </th>
                  <td>{column.otherHeadings.join(t(", ", "、"))}</td>
                  <td>{[column.takes, column.note].filter(Boolean).join(t(". ", "。"))}</td>
                  <td>{column.example}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

/** By what a record is recognized, in the headings of the columns. */
function keysOf(kind: Kind): string {
  const heading = (name: string) => kind.columns.find((column) => column.name === name)?.heading ?? name;
  return kind.recognizedBy.map((key) => key.map(heading).join(t(" with ", "加"))).join(t(", or ", "，或"));
}
