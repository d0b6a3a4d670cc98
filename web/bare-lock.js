// bare-lock.js - takes the addresses out of package-lock.json: what is locked is names, versions, hashes
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
for (const entry of Object.values(lock.packages)) {
  delete entry.funding;
  if (!entry.link) delete entry.resolved;
}
writeFileSync(path, JSON.stringify(lock, null, 2) + "\n");
