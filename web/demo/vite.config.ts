/* vite.config.ts - the page as three files with names that stay, so that the binary can carry them */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const demo = "http://127.0.0.1:8081"; // `sheaf demo`, for `npm run dev`

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": demo, "/svc": demo, "/sheaf.yaml": demo } },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    rollupOptions: {
      output: { entryFileNames: "page.js", assetFileNames: "page[extname]" },
    },
  },
});
