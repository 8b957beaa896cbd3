import { defineConfig } from "vite";

// Nothing is inlined: the page's policy allows files of its own origin only.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../build/page",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    manifest: true,
  },
});
