import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { graphiqlTexts } from "./graphiql-texts";

export default defineConfig({
  base: "/explorer/",
  plugins: [graphiqlTexts(fileURLToPath(new URL("./src/language.ts", import.meta.url)))],
  worker: { format: "es" },
  build: {
    outDir: "../hub/static/explorer",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      input: ["index.html", "import.html"].map((page) => fileURLToPath(new URL(page, import.meta.url))),
      onLog(level, log, handle) {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") handle(level, log);
      },
    },
  },
});
