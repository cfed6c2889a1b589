/** The languages of the page. */
export type Language = "en" | "zh";

const KEY = "unionhub.language";

/** The page's language: what was chosen here before, else the first of the browser's that the page has, else English. */
export const LANGUAGE: Language = chosen() ?? ofBrowser();

/** The language as HTTP and Intl name it. */
export const LOCALE = LANGUAGE === "zh" ? "zh-CN" : "en";

document.documentElement.lang = LOCALE;

/** The text in the page's language. */
export function t(english: string, chinese: string): string {
  return LANGUAGE === "zh" ? chinese : english;
}

/** A number with its noun: English has a plural, Chinese does not. */
export function counted(number: number, noun: string, chinese: string): string {
  return t(`${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`, `${number.toLocaleString("en")} ${chinese}`);
}

/** Keeps the choice and loads the page anew in that language: the editor takes its texts once, when it is loaded. */
export function choose(language: Language): void {
  localStorage.setItem(KEY, language);
  location.reload();
}

function chosen(): Language | null {
  const kept = localStorage.getItem(KEY);
  return kept === "en" || kept === "zh" ? kept : null;
}

function ofBrowser(): Language {
  for (const name of navigator.languages) {
    if (/^zh\b/i.test(name)) return "zh";
    if (/^en\b/i.test(name)) return "en";
  }
  return "en";
}
