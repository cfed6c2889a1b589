import { type DragEvent, useRef, useState } from "react";
import { t } from "../language";
import { size } from "./words";

interface Props {
  file: File | null;
  maxBytes: number;
  busy: boolean;
  refuseChanges: boolean;
  onRefuseChanges: (refuse: boolean) => void;
  onFile: (file: File) => void;
  onRehearse: () => void;
}

/** The place where the file is dropped, or chosen. It is rehearsed at once: that writes nothing. */
export function FileStep({ file, maxBytes, busy, refuseChanges, onRefuseChanges, onFile, onRehearse }: Props) {
  const [over, setOver] = useState(false);
  const [amiss, setAmiss] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);

  function take(files: FileList | null): void {
    const [first, second] = [files?.[0], files?.[1]];
    if (input.current) input.current.value = ""; // so that the same name can be chosen again, once it is mended
    if (!first) return;
    const why = second
      ? t("One file at a time.", "请一次只放一个文件。")
      : first.size > maxBytes
        ? t(`The file has ${size(first.size)}, more than the limit of ${size(maxBytes)}. Send it in parts.`, `文件大小 ${size(first.size)}，上限 ${size(maxBytes)}，请分批导入。`)
        : null;
    setAmiss(why);
    if (why === null) onFile(first);
  }

  function drop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    if (!busy) take(event.dataTransfer.files);
  }
  return (
    <section className="step" aria-labelledby="step-file">
      <h2 id="step-file">{t("2. The file", "2. 选择文件")}</h2>
      <label
        className="drop"
        data-over={over}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <input ref={input} type="file" accept=".xlsx,.xls,.csv,.txt,.tsv" disabled={busy} onChange={(event) => take(event.target.files)} />
        <span className="drop-button">{t("Choose a file", "选择文件")}</span>
        <span>{file ? <strong>{`${file.name} · ${size(file.size)}`}</strong> : t("or drop it here", "或拖放到此处")}</span>
        <span className="faint">{t(`XLSX, XLS or CSV, up to ${size(maxBytes)}`, `XLSX、XLS 或 CSV，不超过 ${size(maxBytes)}`)}</span>
      </label>
      {amiss && (
        <p className="amiss" role="alert">
          {amiss}
        </p>
      )}
      <p className="buttons">
        <label className="check">
          <input type="checkbox" checked={refuseChanges} disabled={busy} onChange={(event) => onRefuseChanges(event.target.checked)} />
          {t("Refuse rows that would change a record that is there", "退回会变更已有记录的行")}
        </label>
        {file && (
          <button type="button" disabled={busy} onClick={onRehearse}>
            {t("Rehearse again", "重新预演")}
          </button>
        )}
      </p>
      <p className="faint">{t("The file is rehearsed at once: everything is checked, and nothing is written.", "选择后立即预演：逐行检查，不写入任何数据。")}</p>
    </section>
  );
}
