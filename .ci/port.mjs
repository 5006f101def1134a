import { createServer } from "node:net";

function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const taken = server.address().port;
      server.close(() => resolve(taken));
    });
  });
}

/** Whether something could listen on this port of 127.0.0.1 now. */
export const isFree = (port) =>
  listen(port).then(
    () => true,
    () => false,
  );

/** A port of 127.0.0.1 that nothing listens on now. */
export const freePort = () => listen(0);
