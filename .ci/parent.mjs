import { readFileSync } from "node:fs";

/** SIGHUP and SIGINT, as bits of the signal masks in /proc. */
const HANGUP_AND_INTERRUPT = 0b11n;

/** Which of the two a process has handlers for; none where there is no /proc. */
function handled(pid) {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1];
    return BigInt(`0x${mask}`) & HANGUP_AND_INTERRUPT;
  } catch {
    return 0n;
  }
}

/**
 * Calls `stop` when the process that started this one is gone, or has been told to end.
 *
 * GNU make hands SIGTERM on to what it runs. On SIGINT and SIGHUP it only waits for that to end, since a terminal tells
 * everyone; if make alone was told, it would wait for ever. It shows by make having dropped its handler.
 */
export function watchParent(stop) {
  const parent = process.ppid;
  const before = handled(parent);
  setInterval(() => {
    if (process.ppid !== parent || handled(parent) !== before) stop();
  }, 300).unref();
}
