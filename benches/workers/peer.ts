// The peer as a Worker of its own: made once, when the Worker starts, as its documentation says.
import { env } from "cloudflare:workers";
import { auth } from "./auth";

const peer = auth(env.DB, env.ORIGIN, env.SECRET);

export default { fetch: (request: Request) => peer.handler(request) };
