// The peer's settings: what it is measured with, and what its tables are made from.
import { betterAuth } from "better-auth";
import { organization } from "better-auth/plugins";

/** What one settles for a Worker with D1. All that is set besides lifts limits, as Usher's are lifted. */
export function settings(database: unknown, origin: string, secret: string) {
  return {
    database,
    baseURL: origin,
    secret,
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    // It sends no mail, since nothing here says how; Usher is asked for none either.
    plugins: [organization({ membershipLimit: 10_000_000, invitationLimit: 10_000_000 })],
  } as Parameters<typeof betterAuth>[0];
}

/** The peer, on this database. */
export const auth = (database: unknown, origin: string, secret: string) =>
  betterAuth(settings(database, origin, secret));
