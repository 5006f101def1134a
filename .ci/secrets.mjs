// Adds to a file of NAME=value lines the development secrets that it lacks. Never changes one that is there.
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";

const file = process.argv[2];

const secrets = {
  OPERATOR_KEY: () => `op_${randomBytes(32).toString("base64url")}`,
  // A list; the first one signs, all of them verify.
  ROOT_KEYS: () => `k1:${randomBytes(32).toString("base64url")}`,
  RESEND_WEBHOOK_SECRET: () => `whsec_${randomBytes(24).toString("base64")}`,
  POSTMARK_WEBHOOK_SECRET: () => randomBytes(24).toString("base64url"),
  STRIPE_WEBHOOK_SECRET: () => `whsec_${randomBytes(24).toString("base64url")}`,
};

let text = "";
try {
  text = readFileSync(file, "utf8");
} catch (error) {
  if (error.code !== "ENOENT") throw error;
  text = "# Development secrets, made once by .ci/secrets.mjs. Delete the file to have new ones; old links die with it.\n";
}
const missing = Object.keys(secrets).filter((name) => !new RegExp(`^\\s*${name}\\s*=`, "m").test(text));
if (missing.length > 0) {
  if (!text.endsWith("\n")) text += "\n";
  for (const name of missing) text += `${name}="${secrets[name]()}"\n`;
  // Renamed into place, so that nobody reads half of it.
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  console.log(`==> wrote ${missing.join(", ")} to ${file}`);
}
