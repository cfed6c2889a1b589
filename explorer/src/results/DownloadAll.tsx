import { useGraphiQL } from "@graphiql/react";
import { useState } from "react";
import { t } from "../language";
import { downloadAll, FORMATS, type Format } from "./download";

/** Buttons that download all rows of the list in the editor, not only those of the page that is shown, and what came of it. */
export function DownloadAll() {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const operationName = useGraphiQL((state) => state.operationName) ?? null;
  const [busy, setBusy] = useState<Format | null>(null);
  const [amiss, setAmiss] = useState<string | null>(null);

  const download = async (format: Format) => {
    setBusy(format);
    setAmiss(null);
    try {
      const text = query?.getValue() ?? "";
      const named = operationName && text.includes(operationName) ? operationName : null;
      await downloadAll({ query: text, variables: variables?.getValue() ?? "", operationName: named }, format);
    } catch (error) {
      setAmiss(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(null);
    }
  };

  return (
    <div className="results-all" role="group" aria-label={t("Download all", "全部下载")}>
      <span title={t("All rows of the list, whatever page the query asks for", "下载列表的全部数据，不限于当前分页")}>{t("Download all", "全部下载")}</span>
      {FORMATS.map((format) => (
        <button
          key={format.name}
          type="button"
          disabled={busy !== null}
          aria-label={t(`Download all as ${format.name}`, `全部下载为 ${format.name}`)}
          onClick={() => void download(format)}
        >
          {busy === format ? t("Loading…", "下载中…") : format.name}
        </button>
      ))}
      <span className="results-amiss" role="status" title={amiss ?? undefined}>
        {amiss}
      </span>
    </div>
  );
}
