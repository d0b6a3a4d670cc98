// vitest.config.ts - the tests of all packages in one run
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const react18 = (name: string) =>
  fileURLToPath(new URL(`react-18/node_modules/${name}`, import.meta.url));

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: { name: "client", include: ["client/test/**/*.test.{ts,tsx}"] },
      },
      {
        extends: true,
        resolve: { alias: { react: react18("react"), "react-dom": react18("react-dom") } },
        test: {
          name: "client, React 18",
          env: { REACT: "18" },
          include: ["client/test/react*.test.{ts,tsx}"],
        },
      },
    ],
  },
});
