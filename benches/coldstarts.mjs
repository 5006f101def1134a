// The first answer of a Worker that has just started, many times over and in turn.
import { freePort } from "../.ci/port.mjs";
import { ask, check } from "./load.mjs";
import { Peer } from "./peer.mjs";
import { newFolder, startOther, startUsher, told, usherSettings } from "./servers.mjs";
import { summary } from "./statistics.mjs";
import { Usher } from "./usher.mjs";
import { LIMITS } from "./works.mjs";

/** Nobody needs more of them here. */
const FEW = 32;

/** What a new process asks a Worker that was set up before: the request, as it can be handed on. */
async function setUp(worker, scene, status, includes) {
  const [request] = await scene.works.open(1);
  // Now the copies that it is answered from are there, as they are on a Worker that starts in a place where others run.
  check(request, await ask(scene.pool, request));
  await scene.rest();
  await scene.server.stop();
  return { worker, path: request.path, headers: request.headers, status, includes };
}

/** So many cold starts of each; answers, by name, the times of the first answers and of all that was computed until then. */
export async function coldStarts(number) {
  const port = await freePort();
  const starts = [];
  const usher = { state: newFolder(), port };
  const scene = await Usher.on(await startUsher(usher.state, port), FEW);
  starts.push({ name: "usher", ...usher, ...(await setUp("usher", scene, 200, "Example Studio")), settings: usherSettings() });
  const peer = { state: newFolder(), port: await freePort() };
  const peers = await Peer.on(await startOther("peer", peer.state), FEW);
  starts.push({ name: "peer", ...peer, ...(await setUp("peer", peers, 200, "Example Studio")) });
  for (const [worker, asked] of [["hello", { hello: "value 50" }], ["limits", { one: "value 50", none: "nothing was asked" }]]) {
    const bare = { worker, state: newFolder(), port: await freePort() };
    await (await startOther(worker, bare.state)).stop();
    for (const [name, includes] of Object.entries(asked))
      starts.push({ name, ...bare, path: LIMITS[name].path, headers: {}, status: 200, includes });
  }

  const times = new Map(starts.map(({ name }) => [name, []]));
  for (let round = 0; round < number; round += 1) {
    for (const { name, state, port, worker, settings, ...request } of starts) {
      const environment = { ...settings, WORKER: worker, STATE: state, PORT: String(port), REQUEST: JSON.stringify(request) };
      times.get(name).push(await told("benches/cold.mjs", environment));
    }
  }
  return Object.fromEntries(
    [...times].map(([name, all]) => [
      name,
      {
        first: summary(all.map(({ first }) => first)),
        cpu: all.every(({ cpu }) => cpu !== null) ? summary(all.map(({ cpu }) => cpu)) : null,
      },
    ]),
  );
}
