import type { Plugin } from "vite";

/** GraphiQL's own texts, which it writes as literals, and their Chinese; by the end of the file's path. */
const TEXTS: Record<string, Record<string, string>> = {
  "graphiql/dist/GraphiQL.js": {
    "New tab": "新建标签页",
    "Editor Commands": "编辑器命令",
    "Operation Editor": "查询编辑器",
    Show: "显示",
    Hide: "隐藏",
    Variables: "变量",
    Headers: "请求头",
    "Select active operation": "选择查询",
  },
  "graphiql/dist/ui/sidebar.js": {
    Show: "显示",
    Hide: "隐藏",
    "Open short keys dialog": "快捷键",
    "Open settings dialog": "设置",
    "Short Keys": "快捷键",
    "This modal provides a list of available keyboard shortcuts and their functions.": "可用的快捷键及其功能。",
    Settings: "设置",
    "This modal lets you adjust header persistence, interface theme, and clear local storage.": "可调整界面主题，清除本地数据。",
    Theme: "主题",
    "Adjust how the interface appears.": "调整界面外观。",
    System: "跟随系统",
    Light: "浅色",
    Dark: "深色",
    "Clear storage": "清除本地数据",
    "Remove all locally stored data and start fresh.": "删除保存在本机的全部数据，重新开始。",
    "Cleared data": "已清除",
    Failed: "失败",
    "Clear data": "清除数据",
  },
  "graphiql/dist/ui/short-keys.js": {
    "Execute query": "运行查询",
    "Open the Command Palette (you must have focus in the editor)": "打开命令面板（光标须在编辑器内）",
    "Prettify editors": "整理格式",
    "Copy query": "复制查询",
    "Re-fetch schema using introspection": "重新获取模式",
    "Search in documentation": "搜索文档",
    "Search in editor": "在编辑器中搜索",
    "Merge fragments definitions into operation definition": "将片段合并到查询",
    "Short Key": "快捷键",
    Function: "功能",
    "This Graph": "此 Graph",
    "QL editor uses": "QL 编辑器采用",
    "Monaco editor shortcuts": "Monaco 编辑器快捷键",
    ", with keybindings similar to VS Code. See the full list of shortcuts for": "，与 VS Code 相近。完整列表：",
    or: "或",
  },
  "@graphiql/react/dist/components/execute-button/index.js": { Stop: "停止", Execute: "运行" },
  "@graphiql/react/dist/components/response-editor.js": { "Result Window": "结果窗口" },
  "@graphiql/react/dist/components/dialog/index.js": { "Close dialog": "关闭" },
  "@graphiql/react/dist/components/tabs/index.js": { "Close Tab": "关闭标签页" },
  "@graphiql/plugin-history/dist/index.js": { History: "历史" },
  "@graphiql/plugin-history/dist/components.js": {
    History: "历史",
    Cleared: "已清除",
    "Failed to Clear": "清除失败",
    Clear: "清除",
    "Type a label": "输入名称",
    Save: "保存",
  },
  "@graphiql/plugin-doc-explorer/dist/context.js": { "Documentation Explorer": "接口文档", Docs: "文档" },
  "@graphiql/plugin-doc-explorer/dist/components/doc-explorer.js": {
    "Documentation Explorer": "接口文档",
    "Error fetching schema": "获取模式失败",
    "No GraphQL schema available": "没有可用的模式",
  },
  "@graphiql/plugin-doc-explorer/dist/components/search.js": { "No results found": "没有结果", "Other results": "其他结果" },
  "@graphiql/plugin-doc-explorer/dist/components/argument.js": { Deprecated: "已弃用" },
  "@graphiql/plugin-doc-explorer/dist/components/deprecation-reason.js": { Deprecated: "已弃用" },
};

/** Headings of the documentation, which are also names of icons: only what is shown is in Chinese. */
const SECTIONS: Record<string, string> = {
  Arguments: "参数",
  "Deprecated Arguments": "已弃用的参数",
  "Deprecated Enum Values": "已弃用的枚举值",
  "Deprecated Fields": "已弃用的字段",
  Directives: "指令",
  "Enum Values": "枚举值",
  Fields: "字段",
  Implements: "实现的接口",
  Implementations: "实现",
  "Possible Types": "可能的类型",
  "Root Types": "入口类型",
  Type: "类型",
  "All Schema Types": "全部类型",
};

/**
 * Texts made of parts: what stands in the file, and what takes its place; `__t` is the page's `t`. And roles: a tab may hold no button,
 * as GraphiQL's do, so that they are a list of buttons for screen readers.
 */
const PARTS: Record<string, [string, string][]> = {
  "graphiql/dist/GraphiQL.js": [
    ["} editor tools`", '} ${__t("editor tools", "变量与请求头")}`'],
    ['jsx(Tab.Button, { "aria-controls"', 'jsx(Tab.Button, { "aria-current": index_1 === activeTabIndex, "aria-controls"'],
    ['role: "tabpanel"', 'role: "region"'],
  ],
  "graphiql/dist/ui/sidebar.js": [["`Re-fetch GraphQL schema (", '`${__t("Re-fetch GraphQL schema", "重新获取模式")} (']],
  "graphiql/dist/ui/toolbar.js": [
    ["`Prettify query (", '`${__t("Prettify query", "整理格式")} ('],
    ["`Merge fragments into query (", '`${__t("Merge fragments into query", "将片段合并到查询")} ('],
    ["`Copy query (", '`${__t("Copy query", "复制查询")} ('],
  ],
  "@graphiql/react/dist/components/tabs/index.js": [
    ['"aria-selected": isActive,', ""],
    ['role: "tab",', ""],
    ['role: "tablist"', 'role: "list"'],
  ],
  "@graphiql/react/dist/components/execute-button/index.js": [["} query (", '} ${__t("query", "查询")} (']],
  "@graphiql/plugin-doc-explorer/dist/context.js": [
    [
      `'.graphiql-sidebar button[aria-label="Show Documentation Explorer"]'`,
      '`.graphiql-sidebar button[aria-label="${__t("Show Documentation Explorer", "显示 接口文档")}"]`',
    ],
  ],
  "@graphiql/plugin-doc-explorer/dist/components/search.js": [["`Search ${", '`${__t("Search", "搜索")} ${']],
  "@graphiql/plugin-doc-explorer/dist/components/doc-explorer.js": [["`Go back to ${", '`${__t("Go back to", "返回")} ${']],
  "@graphiql/plugin-doc-explorer/dist/components/section.js": [
    ["      t1,\n      title\n", `      t1,\n      __t(title, ${JSON.stringify(SECTIONS)}[title] ?? title)\n`],
  ],
};

/**
 * Puts `t(English, Chinese)` in the place of GraphiQL's own texts: it has no setting for a language. A text that is no longer where
 * it was fails the build, so that another version of GraphiQL is not half English unnoticed.
 */
export function graphiqlTexts(language: string): Plugin {
  const seen = new Set<string>();
  return {
    name: "graphiql-texts",
    enforce: "pre",
    transform(code, id) {
      const path = id.split("?")[0] ?? id;
      const file = [...new Set([...Object.keys(TEXTS), ...Object.keys(PARTS)])].find((end) => path.endsWith(`node_modules/${end}`));
      if (file === undefined) return null;
      seen.add(file);
      let text = code;
      const replace = (found: string, by: string) => {
        if (!text.includes(found)) this.error(`${file} has no ${found}: see graphiql-texts.ts`);
        text = text.replaceAll(found, by);
      };
      for (const [found, by] of PARTS[file] ?? []) replace(found, by);
      for (const [english, chinese] of Object.entries(TEXTS[file] ?? {})) {
        const literal = JSON.stringify(english);
        const called = `__t(${literal}, ${JSON.stringify(chinese)})`;
        if (text.includes(`${literal}: `)) text = text.replaceAll(`${literal}: `, `[${called}]: `);
        else replace(literal, called);
      }
      return { code: `import { t as __t } from ${JSON.stringify(language)};\n${text}`, map: null };
    },
    buildEnd(error) {
      const missing = [...Object.keys(TEXTS), ...Object.keys(PARTS)].filter((file) => !seen.has(file));
      if (!error && missing.length > 0) this.error(`Not in the build: ${missing.join(", ")}: see graphiql-texts.ts`);
    },
  };
}
